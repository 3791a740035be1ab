import type { MonoMs } from "../model.ts";
import { makeCountRing } from "./count-ring.ts";

/**
 * How many retries there may be, so that an outage isn't answered with twice the load: over 10 s one for each five
 * requests, the default of Gateway API's retry budget (GEP-3388), and three in any case, or a quiet gateway could never
 * retry. Full outage: 1.2 attempts a request at most, plus those three.
 */
export interface RetryBudget {
  /** A request came; its retry is no request. */
  note(now: MonoMs): void;
  allows(now: MonoMs): boolean;
  /** A retry is sent. */
  spend(now: MonoMs): void;
}

const spanSeconds = 10;
const share = 0.2;
const retriesMin = 3;

export function makeRetryBudget(): RetryBudget {
  const requests = makeCountRing(spanSeconds, 1_000);
  const retries = makeCountRing(spanSeconds, 1_000);
  return {
    note: (now) => requests.note(false, now),
    allows(now) {
      const spent = retries.sum(0, spanSeconds - 1, now).n;
      return spent < Math.max(retriesMin, Math.floor(share * requests.sum(0, spanSeconds - 1, now).n));
    },
    spend: (now) => retries.note(false, now),
  };
}
