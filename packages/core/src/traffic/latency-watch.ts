import type { MonoMs } from "../model.ts";
import type { Judgement } from "./failure-rate.ts";
import {
  enterExcessMs,
  evaluationsMax,
  exitExcessMs,
  isSlow,
  judgeLatency,
  slownessOver,
  type UsualLatency,
  usualBeside,
} from "./latency.ts";
import { makeLatencyBaseline } from "./latency-baseline.ts";
import { stratumOf } from "./latency-buckets.ts";
import { makeLatencySlots } from "./latency-slots.ts";
import { makeUserCap } from "./user-cap.ts";

/**
 * One measured time: to the first token of a stream, to the headers of a unary answer. Never to the end, which is as
 * long as the answer.
 */
export type FirstByte = {
  readonly ms: number;
  /** Of the request's body; it stands in for the prompt's tokens. */
  readonly requestBytes: number;
  /** The user's hash, unsigned; undefined for requests without a user. */
  readonly userHash?: number | undefined;
};

/** Watches how long one pool takes to its first bytes. About 65 KiB a pool, whatever its traffic. */
export interface LatencyWatch {
  note(sample: FirstByte, now: MonoMs): void;
  /**
   * A client left before the first byte came. That it would have taken at least as long counts where this is already
   * too long; otherwise nothing is known. Without it a pool that hangs would look well: nobody waits for its slow
   * answers to be measured.
   */
  noteGivenUp(sample: FirstByte, now: MonoMs): void;
  /**
   * The verdict of the last evaluation; there's a new one every 10 s. `beside` is the default channel's, for any other
   * channel.
   */
  judge(now: MonoMs, beside?: LatencyWatch): Judgement;
  /** True unless p95 is certainly over the usual by more than the way out allows. */
  isEased(): boolean;
  /** While frozen nothing becomes usual. */
  freeze(isFrozen: boolean): void;
  /** Forgets the last minute. What is usual stays. */
  restart(): void;
  /**
   * Ignores the next 120 s and the next 100 requests, whichever takes longer: cold caches are no illness. At the start,
   * and when endpoints came.
   */
  warmUp(now: MonoMs): void;
  readonly window: Uint32Array;
}

const warmUpMs = 120_000;
const warmUpRequests = 100;
const notYet: Judgement = { kind: "insufficient-data", because: "no whole minute of times to first byte yet" };

export function watchLatency(ttftMaxMs: number | undefined, startedAt: MonoMs): LatencyWatch {
  const baseline = makeLatencyBaseline();
  const userCap = makeUserCap();
  let isFrozen = false;
  let judgement = notYet;
  let badInRow = 0;
  let judgedSlot = -1;
  let usual: UsualLatency = baseline;
  let warmUntil = startedAt + warmUpMs;
  let warmRequestsLeft = warmUpRequests;

  const isGood = (): boolean => judgement.kind === "fine" || judgement.kind === "insufficient-data";
  const slots = makeLatencySlots((slot) => {
    if (!isFrozen && isGood()) baseline.fold(slot);
  });

  const isWarm = (now: MonoMs): boolean => {
    if (warmRequestsLeft > 0) warmRequestsLeft -= 1;
    return warmRequestsLeft === 0 && now >= warmUntil;
  };
  const put = ({ ms, requestBytes, userHash }: FirstByte, now: MonoMs): void => {
    if (isWarm(now) && userCap.allows(userHash, now)) slots.note(stratumOf(requestBytes), ms, now);
  };
  const isLong = ({ ms, requestBytes }: FirstByte): boolean => {
    const p95Ms = baseline.p95Ms(stratumOf(requestBytes)) ?? Infinity;
    return ms > Math.min(p95Ms + enterExcessMs, ttftMaxMs ?? Infinity);
  };

  return {
    note: put,
    noteGivenUp(sample, now) {
      if (isLong(sample)) put(sample, now);
    },
    judge(now, beside) {
      const slot = slots.turn(now);
      if (slot === judgedSlot) return judgement;
      judgedSlot = slot;
      usual = beside === undefined ? baseline : usualBeside(beside.window);
      judgement = judgeLatency({ window: slots.window, latest: slots.latest() }, { usual, ttftMaxMs }, badInRow);
      badInRow = isGood() ? 0 : Math.min(badInRow + 1, evaluationsMax);
      return judgement;
    },
    isEased: () => !isSlow(slownessOver(slots.window, usual, exitExcessMs)),
    freeze(frozen) {
      isFrozen = frozen;
    },
    restart() {
      slots.restart();
      judgement = notYet;
      badInRow = 0;
    },
    warmUp(now) {
      warmUntil = now + warmUpMs;
      warmRequestsLeft = warmUpRequests;
    },
    window: slots.window,
  };
}
