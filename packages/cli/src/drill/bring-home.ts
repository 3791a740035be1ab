import { poolKey, SluiceError } from "@sluice/core";
import type { Poll } from "@sluice/lab";
import { errorOf, request, systemClock } from "@sluice/runtime";
import type { ArbiterClient } from "../arbiter-client.ts";
import type { Status } from "../status.ts";
import { failback, untilTrue } from "./comeback.ts";
import type { DrillFacts } from "./facts.ts";

type Home = {
  readonly client: ArbiterClient;
  readonly facts: DrillFacts;
  readonly token: string;
  readonly poll: Poll;
  readonly signal: AbortSignal;
};

const healthyTimeoutMs = 30_000;

/**
 * Takes the healed site back at once, on an operator's word: by itself its gateways would try it again only after a minute, and
 * let users back step by step. Answers how long that took; undefined when it did not come home.
 */
export async function bringHome(of: Home): Promise<number | undefined> {
  const { client, facts, signal } = of;
  const from = systemClock.monotonicMs();
  await clearTrips(of);
  const isHealthy = await untilTrue(healthyTimeoutMs, signal, async () =>
    isWell((await client.get("/v1/status")) as Status, facts),
  );
  if (!isHealthy) return undefined;
  const homeMs = await failback(of);
  return homeMs === undefined ? undefined : Math.round(systemClock.monotonicMs() - from);
}

/** At home already, because DNS never moved, or healthy where it stands by. */
function isWell(status: Status, { service, site }: DrillFacts): boolean {
  const own = status.services.find((entry) => entry.service === service.name);
  return own?.isHome === true || own?.standby.find((entry) => entry.site === site)?.health === "healthy";
}

async function clearTrips({ facts, token, signal }: Home): Promise<void> {
  const { config, service, site } = facts;
  const gateways = config.gateways.filter((gateway) => gateway.site === site);
  const targets = service.pools
    .filter((pool) => pool.site === site)
    .map((pool) => poolKey(service.name, pool.channel, site));
  for (const { url } of gateways) {
    for (const target of targets) {
      const ask = `${url}/v1/clear?target=${encodeURIComponent(target)}`;
      const answer = await request({ url: ask, method: "POST", token, body: {}, timeoutMs: 5_000, signal });
      const problem = answer.status === 200 ? undefined : errorOf(answer);
      if (problem && problem.code !== "NOTHING_TO_DO") throw problem;
    }
  }
}

/** Whether there is anything to send requests through. */
export function needGateways({ config, site }: DrillFacts): void {
  if (config.gateways.some((gateway) => gateway.site === site)) return;
  throw new SluiceError("BRAKE", `no drill now: ${site} has no gateway, and nothing else would move its requests`, {
    hint: "Name one in `gateways` of the configuration.",
  });
}
