import type { MonoMs } from "../model.ts";

/**
 * How one request to one endpoint went. `refused`: nothing listened. What taught nothing, or found the pool full, isn't
 * told.
 */
export type EndpointOutcome = "good" | "failed" | "refused";

/**
 * Which endpoints of one pool may be picked. An endpoint that keeps failing is ejected for 30 s, and for 30 s more each
 * time it happens again, up to 5 min; then one request tries it. Endpoints are named by their place in the list.
 */
export interface EndpointHealth {
  note(endpoint: number, outcome: EndpointOutcome, now: MonoMs): void;
  /**
   * May it be picked? When fewer than half of the pool would be left, ejection by failures is ignored, as it is then
   * more likely the pool than the endpoints (and the pool's own watch judges that). One that refuses connections stays
   * out all the same: trying it can't succeed. So there may be nothing left to pick; the gateway then notes a failed
   * connection against the pool.
   */
  admits(endpoint: number, now: MonoMs): boolean;
  /** It was picked. Of an ejected endpoint whose time is over this takes the one trial there is. */
  take(endpoint: number, now: MonoMs): void;
  /** How many are ejected now, whether or not that is heeded. */
  readonly ejected: number;
  /** What is held against an address, for the list that takes this one's place. */
  recordOf(address: string): EndpointRecord | undefined;
}

const failedInRowMax = 5;
const refusedInRowMax = 2;
const ejectMs = 30_000;
const ejectMsMax = 300_000;
/** After so long without being ejected an endpoint begins anew. */
const forgetMs = ejectMsMax;
/** A trial without an outcome for so long, as of a long stream, is followed by another. */
const trialMs = 10_000;

export type EndpointRecord = {
  failedInRow: number;
  refusedInRow: number;
  /** Times ejected in a row. */
  times: number;
  /** `until` is when its trial may begin; undefined while it isn't ejected. */
  until: number | undefined;
  trialUntil: number;
  backAt: number;
  isRefusing: boolean;
};

/** `before` is the watch of the same pool until its list changed: an address that stays keeps its record. */
export function watchEndpoints(addresses: readonly string[], before?: EndpointHealth): EndpointHealth {
  const endpoints = addresses.map((address) => before?.recordOf(address) ?? newEndpoint());
  const count = endpoints.length;
  let out = endpoints.filter(({ until }) => until !== undefined).length;

  const eject = (endpoint: EndpointRecord, now: MonoMs): void => {
    if (endpoint.until === undefined) out += 1;
    if (endpoint.until === undefined && now - endpoint.backAt >= forgetMs) endpoint.times = 0;
    endpoint.times += 1;
    endpoint.until = now + Math.min(ejectMsMax, ejectMs * endpoint.times);
    endpoint.trialUntil = -Infinity;
    endpoint.failedInRow = 0;
    endpoint.refusedInRow = 0;
  };
  const restore = (endpoint: EndpointRecord, now: MonoMs): void => {
    endpoint.failedInRow = 0;
    endpoint.refusedInRow = 0;
    // The answers to requests sent before it was ejected don't bring it back; only its trial does.
    if (endpoint.until === undefined || now < endpoint.until) return;
    out -= 1;
    endpoint.until = undefined;
    endpoint.backAt = now;
    endpoint.isRefusing = false;
  };

  return {
    note(index, outcome, now) {
      const endpoint = endpoints[index];
      if (endpoint === undefined) return;
      if (outcome === "good") return restore(endpoint, now);
      endpoint.failedInRow += 1;
      endpoint.refusedInRow = outcome === "refused" ? endpoint.refusedInRow + 1 : 0;
      const isTrial = endpoint.until !== undefined && now >= endpoint.until;
      const isRefusing = endpoint.refusedInRow >= refusedInRowMax || (isTrial && outcome === "refused");
      const isFailing = endpoint.failedInRow >= failedInRowMax || isTrial;
      if (isTrial || isRefusing) endpoint.isRefusing = isRefusing;
      if (isTrial || (endpoint.until === undefined && (isRefusing || isFailing))) eject(endpoint, now);
    },
    admits(index, now) {
      const endpoint = endpoints[index];
      if (endpoint === undefined) return false;
      if (endpoint.until === undefined) return true;
      if (now >= endpoint.until && now >= endpoint.trialUntil) return true;
      return !endpoint.isRefusing && (count - out) * 2 < count;
    },
    take(index, now) {
      const endpoint = endpoints[index];
      if (endpoint?.until !== undefined && now >= endpoint.until) endpoint.trialUntil = now + trialMs;
    },
    get ejected() {
      return out;
    },
    recordOf: (address) => endpoints[addresses.indexOf(address)],
  };
}

const newEndpoint = (): EndpointRecord => ({
  failedInRow: 0,
  refusedInRow: 0,
  times: 0,
  until: undefined,
  trialUntil: -Infinity,
  backAt: -Infinity,
  isRefusing: false,
});
