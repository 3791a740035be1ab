import { setTimeout as sleep } from "node:timers/promises";
import { type Faults, isInScope } from "./faults.ts";
import { makePrng } from "./prng.ts";

/** One request at the gate. */
type Visit = {
  readonly path: string;
  /** The caller's address without its port. */
  readonly remote: string;
  /** Whether it asks for tokens: only such requests count as waiting in the metrics. */
  readonly generates: boolean;
};

/** What the gate says: fail, or go on under these faults (empty when out of scope), having arrived at `arrivedMs`. */
export type Admission =
  | { readonly kind: "failed"; readonly code: number; readonly message: string }
  | { readonly kind: "passed"; readonly faults: Faults; readonly arrivedMs: number };

/** Where every request stops first, HTTP or gRPC. */
export type FaultGate = {
  /** Resolves when the request may be answered; rejects when the signal aborts, since nobody is left to answer. */
  pass(visit: Visit, signal: AbortSignal): Promise<Admission>;
  /** Replaces all faults, starts prng and counters afresh so that a run can be repeated, and lets hanging requests go on. */
  set(faults: Faults): void;
  current(): Faults;
  /** How many requests for tokens are being held. */
  waiting(): number;
};

/** Callers that alternate are remembered up to this many; beyond it the longest known is forgotten. */
const callersMax = 10_000;

export function makeFaultGate(seed: number): FaultGate {
  let faults: Faults = {};
  let changed = new AbortController();
  let random = makePrng(seed);
  let waiting = 0;
  const visitsByCaller = new Map<string, number>();

  function isEvenVisit(remote: string): boolean {
    const visits = (visitsByCaller.get(remote) ?? 0) + 1;
    visitsByCaller.delete(remote);
    visitsByCaller.set(remote, visits);
    const oldest = visitsByCaller.keys().next().value;
    if (visitsByCaller.size > callersMax && oldest !== undefined) visitsByCaller.delete(oldest);
    return visits % 2 === 0;
  }

  /** Drawn at arrival: how long earlier requests are held must not change who fails. */
  function draw(visit: Visit): { readonly code: number; readonly message: string } | undefined {
    if (!isInScope(faults, visit.path)) return undefined;
    const isTurnToFail = faults.alternate === true && isEvenVisit(visit.remote);
    const { status } = faults;
    const isDrawn = status !== undefined && random() < status.rate;
    if (isTurnToFail) return { code: 503, message: "every second request of this caller fails" };
    return isDrawn ? { code: status.code, message: `${status.rate * 100} % of requests fail` } : undefined;
  }

  async function hold(visit: Visit, signal: AbortSignal): Promise<void> {
    while (faults.hang === true && isInScope(faults, visit.path)) await eitherAborts(changed.signal, signal);
    const delayMs = isInScope(faults, visit.path) ? (faults.latencyMs ?? 0) : 0;
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    signal.throwIfAborted();
  }

  return {
    async pass(visit, signal) {
      const arrivedMs = performance.now();
      const failure = draw(visit);
      waiting += visit.generates ? 1 : 0;
      try {
        await hold(visit, signal);
      } finally {
        waiting -= visit.generates ? 1 : 0;
      }
      if (failure !== undefined) return { kind: "failed", ...failure };
      return { kind: "passed", faults: isInScope(faults, visit.path) ? faults : {}, arrivedMs };
    },
    set(next) {
      faults = next;
      random = makePrng(seed);
      visitsByCaller.clear();
      changed.abort();
      changed = new AbortController();
    },
    current: () => faults,
    waiting: () => waiting,
  };
}

/** Resolves when `changed` aborts, rejects when `gone` does. */
async function eitherAborts(changed: AbortSignal, gone: AbortSignal): Promise<void> {
  gone.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onGone = (): void => reject(gone.reason);
  const onChanged = (): void => resolve();
  gone.addEventListener("abort", onGone, { once: true });
  changed.addEventListener("abort", onChanged, { once: true });
  try {
    await promise;
  } finally {
    gone.removeEventListener("abort", onGone);
    changed.removeEventListener("abort", onChanged);
  }
}
