import { defaultChannel, poolKey } from "@sluice/core";
import {
  type Exchange,
  type Faults,
  type Layout,
  loadTarget,
  makeServed,
  type Poll,
  setFaults,
  settledAt,
  startLoad,
} from "@sluice/lab";
import { sleep, systemClock } from "@sluice/runtime";
import type { ArbiterClient } from "../arbiter-client.ts";
import { bringHome } from "./bring-home.ts";
import type { DrillFacts } from "./facts.ts";
import type { FaultDrillName, FaultDrillReport, FaultObjective } from "./fault-report.ts";
import { eventsAfter, lastEventId } from "./journal.ts";
import { faultComplaints, requestsRow } from "./judge-fault.ts";
import { startPolling } from "./poll-names.ts";
import type { TimelineRow } from "./report.ts";
import { timelineOf } from "./timeline.ts";

export type FaultDrill = {
  readonly drill: FaultDrillName;
  readonly client: ArbiterClient;
  readonly layout: Layout;
  readonly facts: DrillFacts;
  /** The operator's: gateways clear a trip on nobody else's word. */
  readonly token: string;
  readonly rps: number;
  /** How long there is load before the fault, so that gateways know what is usual. Unit: milliseconds. */
  readonly warmUpMs: number;
  /** How long the load goes on when requests have moved. Unit: milliseconds. */
  readonly holdMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

type Kind = { readonly faults: Faults; readonly fault: string; readonly objective: FaultObjective };

/**
 * What the reference asks for: 10 s at most for errors, and for latency its statistics' minute and a half. Ten failures in a row are
 * what a gateway goes by, and some more are under way by then, so few requests a second don't lose fewer than many.
 */
const faultKinds = {
  "error-spike": {
    faults: { status: { code: 500, rate: 1 } },
    fault: "status 500",
    objective: { movedMs: 10_000, lostMax: 30, lostShareMax: 0.01 },
  },
  "latency-degradation": {
    faults: { latencyMs: 600 },
    fault: "600 ms more",
    objective: { movedMs: 90_000, lostMax: 0, lostShareMax: 0 },
  },
} as const satisfies Record<FaultDrillName, Kind>;

const lookEveryMs = 250;
/** Nothing is learnt by waiting longer than this beyond the objective. */
const patienceMs = 30_000;

/** Makes a site's model servers bad under load, watches until requests are served elsewhere, and brings everything home. */
export async function faultDrill(drill: FaultDrill): Promise<FaultDrillReport> {
  const { facts, say, client, layout, rps } = drill;
  const kind: Kind = faultKinds[drill.drill];
  const end = new AbortController();
  const signal = AbortSignal.any([drill.signal, end.signal]);
  const exchanges: Exchange[] = [];
  const target = loadTarget(facts.config, facts.service.name);
  const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
  const load = startLoad({ ...target, rps, users: 100, streamShare: 0.2, grpc: true, onExchange, signal });
  const poll = startPolling(facts, signal);
  let isFaulty = false;
  const heal = async (): Promise<void> => {
    if (isFaulty) await setFaults(layout, { name: facts.site }, {});
    isFaulty = false;
  };
  try {
    say(`${rps} requests a second to ${facts.service.host}, for ${drill.warmUpMs / 1000} s before the fault`);
    await sleep(drill.warmUpMs, drill.signal);
    const after = await lastEventId(client);
    drill.signal.throwIfAborted();
    say(`fault: ${kind.fault} at every model server of ${facts.site}`);
    const [faultAt, startedAtMs] = [systemClock.monotonicMs(), systemClock.wallMs()];
    isFaulty = true;
    await setFaults(layout, { name: facts.site }, kind.faults);
    const measuring = { faultAt, exchanges, poll };
    await untilMoved(drill, measuring);
    say(`holding for ${drill.holdMs / 1000} s`);
    await sleep(drill.holdMs, drill.signal);
    const dnsMovedMs = dnsMoved(facts, measuring);
    const heldUntil = systemClock.monotonicMs();
    say(`${facts.site} is healed`);
    await heal();
    const homeMs = await bringHome({ ...drill, poll });
    end.abort();
    await Promise.all([load.ended, poll.ended]);
    const counted = exchanges.filter(({ startedAt }) => startedAt <= heldUntil);
    const timeline = timelineOf(await eventsAfter(client, after), {
      service: facts.service.name,
      targets: [poolKey(facts.service.name, defaultChannel(facts.service), facts.site)],
      faultAtMs: startedAtMs,
    });
    return report(drill, { exchanges: counted, faultAt, startedAtMs, dnsMovedMs, homeMs, timeline });
  } finally {
    end.abort();
    await heal();
  }
}

type Measuring = { readonly faultAt: number; readonly exchanges: readonly Exchange[]; readonly poll: Poll };

/** Until requests and names have moved, or there is no point in waiting. */
async function untilMoved(drill: FaultDrill, measuring: Measuring): Promise<void> {
  const { facts, rps, say, signal } = drill;
  const until = measuring.faultAt + faultKinds[drill.drill].objective.movedMs + patienceMs;
  let isTold = false;
  while (systemClock.monotonicMs() < until && !signal.aborted) {
    const { movedMs } = requestsRow(measuring.exchanges, { ...facts, faultAt: measuring.faultAt, rps });
    if (movedMs !== undefined && !isTold) say(`${facts.target} serves all new requests after ${movedMs} ms`);
    isTold ||= movedMs !== undefined;
    if (isTold && dnsMoved(facts, measuring) !== undefined) return;
    await sleep(lookEveryMs, signal);
  }
  signal.throwIfAborted();
}

function dnsMoved({ target }: DrillFacts, { faultAt, poll }: Measuring): number | undefined {
  const moves = poll.servers().map((server) => settledAt(server, target));
  if (moves.length === 0 || moves.some((at) => at === undefined)) return undefined;
  return Math.max(0, Math.round(Math.max(...moves.map((at) => at ?? 0)) - faultAt));
}

type Measured = Pick<Measuring, "exchanges" | "faultAt"> &
  Pick<FaultDrillReport, "startedAtMs" | "dnsMovedMs" | "homeMs"> & { readonly timeline: readonly TimelineRow[] };

function report({ drill, facts, rps }: FaultDrill, { exchanges, faultAt, ...measured }: Measured): FaultDrillReport {
  const { site, target, service } = facts;
  const { fault, objective } = faultKinds[drill];
  const requests = requestsRow(exchanges, { faultAt, site, target, rps });
  const about = { site, target, requests, objective, ...measured };
  const complaints = faultComplaints(about);
  const movedAt = requests.movedMs === undefined ? Number.POSITIVE_INFINITY : faultAt + requests.movedMs;
  return {
    drill,
    fault,
    service: service.name,
    requestsPerSecond: rps,
    ...about,
    phases: [
      { phase: "before", served: servedBetween(exchanges, 0, faultAt) },
      { phase: "during", served: servedBetween(exchanges, faultAt, movedAt) },
      { phase: "after", served: servedBetween(exchanges, movedAt, Number.POSITIVE_INFINITY) },
    ],
    verdict: complaints.length === 0 ? "passed" : "failed",
    complaints,
  };
}

function servedBetween(exchanges: readonly Exchange[], from: number, until: number) {
  const served = makeServed();
  for (const exchange of exchanges) if (exchange.startedAt >= from && exchange.startedAt < until) served.note(exchange);
  return served.table();
}
