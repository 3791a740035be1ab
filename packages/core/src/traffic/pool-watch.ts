import type { MonoMs } from "../model.ts";
import type { TargetKey } from "../target.ts";
import { failed, inRowMax, type Judgement, judgeFailures, judgeRecovery } from "./failure-rate.ts";
import { type FailureWatch, watchFailures } from "./failure-watch.ts";
import { type FirstByte, type LatencyWatch, watchLatency } from "./latency-watch.ts";
import type { RequestOutcome } from "./outcome.ts";
import { admittedOf, advance, newPoolHealth, type PoolEvidence, type PoolHealth, trip } from "./pool-health.ts";
import { makePoolLooks, type PoolLooks } from "./pool-looks.ts";
import { reportOf } from "./pool-report.ts";
import type { PoolLook, PoolTraffic } from "./report.ts";

/**
 * All that a gateway holds of one pool of its own site: hand it what happens, ask it what may be done. About 72 KiB; a
 * note costs some 50 ns and allocates nothing.
 */
export interface PoolWatch {
  /**
   * A request ended. Two things trip at once, without waiting for `judge`: ten failures in a row, and one while the
   * agent's looks fail too.
   */
  note(outcome: RequestOutcome, now: MonoMs): void;
  /**
   * The first byte of an answer that is no error arrived; called then, not at the end of a stream, which may be minutes
   * later.
   */
  noteFirstByte(sample: FirstByte, now: MonoMs): void;
  /** The client left before it did; `ms` is how long it had waited. */
  noteGivenUp(sample: FirstByte, now: MonoMs): void;
  /** The site's agent told of its synthetic looks. */
  see(look: PoolLook, now: MonoMs): void;
  /**
   * One evaluation, to be asked for four times to once a second. `beside`: the default channel's pool at this site, for
   * any other channel's.
   */
  judge(now: MonoMs, beside?: PoolWatch): PoolTraffic;
  /** Endpoints came: their first requests are slow. */
  warmUp(now: MonoMs): void;
  /** An operator's word: healthy again, and nothing held against it. What is usual stays known. */
  clear(now: MonoMs): void;
  /** The share of its users that it may serve, in [0, 1]. */
  readonly admitted: number;
  readonly health: PoolHealth;
  readonly latency: LatencyWatch;
}

export type WatchedPool = {
  readonly target: TargetKey;
  /** See `RoutePool.ttftMaxMs`. */
  readonly ttftMaxMs?: number | undefined;
};

/** Looks that failed in a row with which one failed request is enough to trip. */
const failedLooksMax = 2;

export function watchPool({ target, ttftMaxMs }: WatchedPool, startedAt: MonoMs): PoolWatch {
  const failures = watchFailures();
  const latency = watchLatency(ttftMaxMs, startedAt);
  const looks = makePoolLooks();
  let health = newPoolHealth(startedAt);
  let admitted = 1;
  /** Requests learnt from in this step of the ramp, however long it takes: at 1 % of little traffic it's long. */
  let learnt = 0;

  /**
   * Every change goes through here: what is usual stands still while a pool isn't well, and each step out starts from
   * nothing.
   */
  const become = (next: PoolHealth, now: MonoMs): void => {
    const [before, after] = [health, next];
    health = next;
    admitted = admittedOf(next);
    if (stepOf(before) !== stepOf(after)) learnt = 0;
    if (before.kind === after.kind) return;
    latency.freeze(after.kind !== "healthy");
    if (after.kind === "tripped") failures.freeze(now);
    if (after.kind === "healthy" && before.kind === "recovering") failures.thaw();
    if (after.kind === "recovering") {
      failures.restart(now);
      latency.restart();
    }
  };

  return {
    note(outcome, now) {
      if (outcome.kind !== "success" && outcome.kind !== "failure") return;
      failures.note(outcome.kind === "failure", now);
      learnt += 1;
      if (outcome.kind === "success" || admitted === 0) return;
      const because = whyTripNow(failures, looks, now);
      if (because !== undefined) become(trip(health, because, now), now);
    },
    noteFirstByte: (sample, now) => latency.note(sample, now),
    noteGivenUp: (sample, now) => latency.noteGivenUp(sample, now),
    see: (look, now) => looks.see(look, now),
    judge(now, beside) {
      const slowness = latency.judge(now, beside?.latency);
      const judgement = judgeFailures(failures.facts(now));
      const evidence =
        health.kind === "recovering"
          ? { ...recoveryEvidence(health.stepSince, { failures, latency, looks, slowness }, now), learnt }
          : { ...worse(judgement, slowness), isClean: true, learnt: 0, looks: looks.now(now) };
      become(advance(health, evidence, now), now);
      return reportOf(target, health, { judgement, slowness });
    },
    warmUp: (now) => latency.warmUp(now),
    clear(now) {
      failures.restart(now);
      failures.thaw();
      latency.restart();
      become(newPoolHealth(now), now);
    },
    get admitted() {
      return admitted;
    },
    get health() {
      return health;
    },
    latency,
  };
}

function whyTripNow(failures: FailureWatch, looks: PoolLooks, now: MonoMs): string | undefined {
  if (failures.failuresInRow >= inRowMax) return `${failures.failuresInRow} requests failed in a row`;
  const failedLooks = looks.failedInRow(now);
  return failedLooks >= failedLooksMax
    ? `a request failed, and so did the last ${failedLooks} synthetic looks`
    : undefined;
}

const rank = { "insufficient-data": 0, fine: 0, suspect: 1, trip: 2 } as const satisfies Record<
  Judgement["kind"],
  number
>;

function worse(failures: Judgement, slowness: Judgement): Pick<PoolEvidence, "kind" | "because"> {
  const { kind, because } = rank[slowness.kind] > rank[failures.kind] ? slowness : failures;
  return { kind: kind === "insufficient-data" ? "fine" : kind, because };
}

type Watches = {
  readonly failures: FailureWatch;
  readonly latency: LatencyWatch;
  readonly looks: PoolLooks;
  readonly slowness: Judgement;
};

const stepOf = (health: PoolHealth): number => (health.kind === "recovering" ? health.step : -1);

function recoveryEvidence(stepSince: MonoMs, watches: Watches, now: MonoMs): Omit<PoolEvidence, "learnt"> {
  const { failures, latency, looks, slowness } = watches;
  const counts = failures.since(stepSince, now);
  const found = judgeRecovery(counts, failures.baseline(now));
  const isSlow = slowness.kind === "trip";
  return {
    kind: found === "trip" || isSlow ? "trip" : "fine",
    because: found === "trip" ? `${failed(counts)} while it got its users back` : slowness.because,
    isClean: found === "clean" && latency.isEased() && looks.failedInRow(now) === 0,
    looks: looks.now(now),
  };
}
