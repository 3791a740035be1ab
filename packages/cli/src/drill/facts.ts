import { readConfigFile } from "@sluice/contract";
import { type Config, type ServiceConfig, SluiceError } from "@sluice/core";
import { splitEndpoint } from "@sluice/lab";
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

/** Refuses a drill whose outcome would say nothing: service away from home, standby not ready, vantages not fresh. */
export async function drillFacts(
  client: ArbiterClient,
  configFile: string,
  asked: { readonly service: string; readonly site?: string },
): Promise<DrillFacts> {
  const config = await readConfigFile(configFile);
  const service = config.services.find((entry) => entry.name === asked.service);
  if (!service) {
    const hint = `Known: ${config.services.map((entry) => entry.name).join(", ")}.`;
    throw new SluiceError("NOT_FOUND", `no service is called ${asked.service}`, { hint });
  }
  const status = (await client.get("/v1/status")) as Status;
  const now = status.services.find((entry) => entry.service === service.name);
  const sites = config.sites.filter((site) => site.role === "serving").map((site) => site.name);
  const site = asked.site ?? sites.find((name) => now?.served === name || now?.served.startsWith(`${name} `));
  const target = sites.find((name) => name !== site);
  const refuse = (because: string, hint: string): SluiceError =>
    new SluiceError("BRAKE", `no drill now: ${because}`, { hint });
  if (!now || site === undefined || target === undefined)
    throw refuse("it is not clear which site to take down", "Give --site.");
  if (!now.isHome) throw refuse(`${service.name} is away from home (${now.served})`, "Run `sluice failback` first.");
  if (status.overrides.length > 0)
    throw refuse("an override stands", "See `sluice status`; end it with `sluice undo`.");
  const stale = status.vantages.filter((vantage) => !vantage.isFresh).map((vantage) => vantage.agent);
  if (stale.length > 0) throw refuse(`${stale.join(", ")} not fresh`, "Wait until every vantage is fresh.");
  const standby = now.standby.find((entry) => entry.site === target);
  if (standby && !standby.isReady)
    throw refuse(
      `${target} is not ready (${standby.health}${standby.isQuarantined ? ", quarantined" : ""})`,
      "Heal it first.",
    );
  const endpoint = service.pools.find((pool) => pool.site === site)?.endpoints[0] ?? "";
  return { config, service, site, target, port: splitEndpoint(endpoint).port };
}
