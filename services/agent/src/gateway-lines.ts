import { parseTrafficReply } from "@sluice/contract";
import {
  type Config,
  type GatewayConfig,
  type PoolLook,
  poolKey,
  type SiteName,
  SluiceError,
  type TargetKey,
  type TrafficAsk,
  type TrafficReply,
  type Vote,
} from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { type Logger, request, sleep } from "@sluice/runtime";
import { makeLines } from "./lines.ts";
import type { AgentMetrics } from "./metrics.ts";
import { makeSiteTraffic } from "./site-traffic.ts";

/** A line to each gateway of the agent's own site: synthetic looks go out, the numbers of real requests come in. */
export interface GatewayLines {
  follow(config: Config): void;
  /** The votes, with what the site's gateways say of its own pools. */
  addTo(votes: readonly Vote[]): readonly Vote[];
  close(): Promise<void>;
}

type Deps = {
  readonly name: string;
  readonly clock: Clock;
  readonly token: string;
  readonly logger: Logger;
  readonly metrics: AgentMetrics;
  readonly intervalMs: () => number;
  /** What the agent holds of every pool; undefined while it doesn't trust its eyes. */
  readonly looks: () => readonly PoolLook[] | undefined;
  /** The site says otherwise of a pool: report it at once. */
  readonly onChange: () => void;
};

/** An answer of 10,000 pools with a sentence each. Unit: bytes. */
const bytesMax = 4_194_304;
const timeoutMaxMs = 1_000;

export function makeGatewayLines(deps: Deps): GatewayLines {
  const traffic = makeSiteTraffic();
  let own: ReadonlySet<TargetKey> = new Set();

  const ask = (): TrafficAsk => {
    const looks = deps.looks() ?? [];
    return { agent: deps.name, looks: looks.filter(({ target }) => own.has(target)) };
  };

  async function run(gateway: GatewayConfig, signal: AbortSignal): Promise<void> {
    const noteResult = makeResultLog(deps, gateway.name);
    while (!signal.aborted) {
      const askedAt = deps.clock.monotonicMs();
      const reply = await askGateway(deps, { gateway, ask: ask() }, signal);
      if (signal.aborted) return;
      noteResult(typeof reply === "string" ? reply : "answered");
      if (typeof reply !== "string" && traffic.hear(reply, askedAt)) deps.onChange();
      await sleep(deps.intervalMs(), signal);
    }
  }

  const lines = makeLines((gateway: GatewayConfig, signal) => ({ ended: run(gateway, signal) }));
  return {
    follow(config) {
      const site = config.agents.find(({ name }) => name === deps.name)?.site;
      const gateways = config.gateways.filter((gateway) => gateway.site === site);
      const pools = site === undefined ? [] : poolsAt(config, site);
      own = new Set(pools);
      const { intervalMs } = config.probes;
      traffic.configure({ gateways: gateways.map(({ name }) => name), pools, intervalMs });
      lines.follow(gateways);
    },
    addTo: (votes) => traffic.addTo(votes, deps.clock.monotonicMs()),
    close: () => lines.close(),
  };
}

const poolsAt = (config: Config, site: SiteName): readonly TargetKey[] =>
  config.services.flatMap((service) =>
    service.pools.filter((pool) => pool.site === site).map((pool) => poolKey(service.name, pool.channel, site)),
  );

/** One exchange: what the gateway answered, or why nothing usable came. It takes half an interval at most. */
async function askGateway(
  deps: Deps,
  { gateway, ask }: { readonly gateway: GatewayConfig; readonly ask: TrafficAsk },
  signal: AbortSignal,
): Promise<TrafficReply | "rejected" | "unreachable"> {
  const timeoutMs = Math.min(timeoutMaxMs, deps.intervalMs() / 2);
  try {
    const url = `${gateway.url}/v1/traffic`;
    const { token } = deps;
    const { status, body } = await request({ url, method: "POST", token, body: ask, timeoutMs, bytesMax, signal });
    const reply = status === 200 ? parseTrafficReply(body) : undefined;
    return reply?.gateway === gateway.name ? reply : "rejected";
  } catch (error) {
    if (signal.aborted) return "unreachable";
    if (!(error instanceof SluiceError)) throw error;
    return error.transient ? "unreachable" : "rejected";
  }
}

/** Counts each exchange, and logs one line when what becomes of them changes. */
function makeResultLog({ logger, metrics }: Deps, gateway: string): (result: string) => void {
  let last = "";
  return (result) => {
    metrics.gatewayAsks.inc({ gateway, result });
    if (result === last) return;
    last = result;
    const fields = { event: "traffic", gateway, result };
    if (result === "answered") logger.info(fields, `${gateway} tells us of its traffic`);
    else logger.warn(fields, `${gateway} does not tell us of its traffic: ${result}`);
  };
}
