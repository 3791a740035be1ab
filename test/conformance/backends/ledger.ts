/** The header or metadata key by which a test finds its request again at the backends. */
export const callHeader = "x-call";

/** One request as it arrived at a backend. */
export type Heard = {
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** gRPC: how long the caller still waits. Unit: milliseconds. */
  readonly deadlineMs?: number;
};

/** What a backend has seen. Times are `performance.now()`. */
export interface Ledger {
  /** All requests since the last `clear`, named or not. */
  total(): number;
  /** Requests under way. */
  open(): number;
  /** The requests that bore this name, in order. */
  heard(call: string): readonly Heard[];
  /** When the one of this name was left by its caller, before its answer was whole. */
  leftAt(call: string): number | undefined;
  /** Bytes written for, or read from, the one of this name. */
  bytes(call: string): number;
  clear(): void;
  arrive(call: string, heard: Heard): Visit;
}

/** One request under way. */
export interface Visit {
  move(bytes: number): void;
  end(how: "whole" | "left"): void;
}

/** Named requests that are remembered; tests name few. */
const namedMax = 50_000;

export function makeLedger(): Ledger {
  const heard = new Map<string, Heard[]>();
  const left = new Map<string, number>();
  const moved = new Map<string, number>();
  let total = 0;
  let open = 0;
  return {
    total: () => total,
    open: () => open,
    heard: (call) => heard.get(call) ?? [],
    leftAt: (call) => left.get(call),
    bytes: (call) => moved.get(call) ?? 0,
    clear() {
      total = 0;
      for (const map of [heard, left, moved]) map.clear();
    },
    arrive(call, one) {
      total += 1;
      open += 1;
      if (call !== "" && heard.size < namedMax) heard.set(call, [...(heard.get(call) ?? []), one]);
      let isOpen = true;
      return {
        move: (bytes) => void moved.set(call, (moved.get(call) ?? 0) + bytes),
        end(how) {
          // A call that its caller cancels is seen to end first, and then to have been left.
          if (how === "left") left.set(call, performance.now());
          if (!isOpen) return;
          isOpen = false;
          open -= 1;
        },
      };
    },
  };
}
