import { readConfigFile } from "@sluice/contract";
import { type Config, type ServiceConfig, SluiceError } from "@sluice/core";
import { splitEndpoint } from "@sluice/lab";
import { sleep, systemClock } from "@sluice/runtime";
import type { ArbiterClient } from "../arbiter-client.ts";
import type { Status } from "../status.ts";

/** What a drill is about: worked out and checked before anything is touched. */
export type DrillFacts = {
  readonly config: Config;
  readonly service: ServiceConfig;
  readonly site: string;
  readonly target: string;
  /** The port of the service's endpoints, where clients connect by the answered address. */
  readonly port: number;
};

const readyTimeoutMs = 20_000;
const lookEveryMs = 250;

/**
 * Refuses a drill whose outcome would say nothing: service away from home, an override, a standby or a vantage that isn't
 * ready. Those two may still be coming up, so it looks again for a while.
 */
export async function drillFacts(
  client: ArbiterClient,
  configFile: string,
  asked: { readonly service: string; readonly site?: string; readonly signal: AbortSignal },
): Promise<DrillFacts> {
  const config = await readConfigFile(configFile);
  const service = config.services.find((entry) => entry.name === asked.service);
  if (!service) {
    const hint = `Known: ${config.services.map((entry) => entry.name).join(", ")}.`;
    throw new SluiceError("NOT_FOUND", `no service is called ${asked.service}`, { hint });
  }
  const until = systemClock.monotonicMs() + readyTimeoutMs;
  for (;;) {
    const status = (await client.get("/v1/status")) as Status;
    const sites = config.sites.filter((site) => site.role === "serving").map((site) => site.name);
    const served = status.services.find((entry) => entry.service === service.name)?.served ?? "";
    const site = asked.site ?? sites.find((name) => served.split(" ")[0] === name);
    const target = sites.find((name) => name !== site);
    if (site === undefined || target === undefined || !sites.includes(site))
      throw refusal({ because: "it is not clear which site to take down", hint: `Give --site: ${sites.join(", ")}.` });
    const why = whyNotNow(status, service.name, target);
    const endpoint = service.pools.find((pool) => pool.site === site)?.endpoints[0] ?? "";
    if (!why) return { config, service, site, target, port: splitEndpoint(endpoint).port };
    if (!why.mayPass || systemClock.monotonicMs() > until || asked.signal.aborted) throw refusal(why);
    await sleep(lookEveryMs, asked.signal);
  }
}

type WhyNot = { readonly because: string; readonly hint: string; readonly mayPass?: boolean };

const refusal = ({ because, hint }: WhyNot): SluiceError =>
  new SluiceError("BRAKE", `no drill now: ${because}`, { hint });

function whyNotNow(status: Status, name: string, target: string): WhyNot | undefined {
  const now = status.services.find((entry) => entry.service === name);
  if (status.overrides.length > 0)
    return { because: "an override stands", hint: "See `sluice status`; end it with `sluice undo`." };
  const stale = status.vantages.filter((vantage) => !vantage.isFresh).map((vantage) => vantage.agent);
  if (stale.length > 0)
    return { because: `${stale.join(", ")} not fresh`, hint: "Wait until every vantage is fresh.", mayPass: true };
  const lagging = status.nameservers.filter((server) => !server.isCurrent).map((server) => server.nameserver);
  if (!now || lagging.length > 0)
    return { because: `${lagging.join(", ")} not current`, hint: "Wait until all are.", mayPass: true };
  if (!now.isHome)
    return { because: `${name} is away from home (${now.served})`, hint: "Run `sluice failback` first." };
  const standby = now.standby.find((entry) => entry.site === target);
  if (!standby || standby.isReady) return undefined;
  const state = standby.isQuarantined ? "quarantined" : standby.health;
  return { because: `${target} is ${state}`, hint: "Heal it first.", mayPass: !standby.isQuarantined };
}
