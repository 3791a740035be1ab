import { type DroppedReason, droppedReasons } from "./dropped-reason.ts";
import type { FailureReason, RequestOutcome, SaturationReason } from "./outcome.ts";
import type { SseEnding } from "./sse-watch.ts";

/** How an attempt ended, as a data plane saw it. */
export type RequestEnd =
  /** A whole answer. `sse` where it was an event stream that could be read (not a compressed one). */
  | {
      readonly kind: "http";
      readonly status: number;
      readonly droppedReason?: DroppedReason | undefined;
      readonly sse?: SseEnding | undefined;
    }
  /** A whole answer with a gRPC status, be it in trailers or in a trailers-only answer. See `grpcStatusOf`. */
  | { readonly kind: "grpc"; readonly status: number; readonly droppedReason?: DroppedReason | undefined }
  /** No whole answer: nothing listened, the connection or the stream broke, or nothing came for too long. */
  | { readonly kind: "transport"; readonly because: "connect" | "reset" | "timeout" }
  /** The client went away first. */
  | { readonly kind: "client-abort"; readonly sse?: SseEnding | undefined };

/**
 * What is learnt of the pool from how a request ended (reference l7 §3.4).
 *
 * ```
 *                              HTTP                               gRPC
 *   success                    1xx, 2xx, 3xx                      0
 *   failure                    500, 502, 503, 504                 2, 4, 13, 14, 15
 *   saturated                  429; 503 that says it was dropped  8; 14 that says so
 *   neither (client-error)     other 4xx, other 5xx               1, 3, 5, 6, 7, 9, 10, 11, 12, 16
 * ```
 * Over that: a connection that breaks is a failure, a client that leaves is neither, and an event stream's own end
 * counts, since model servers answer 200 and then fail.
 *
 * Client errors and saturation stay out of `n`, they are not successes. Otherwise a storm of 401 would dilute an outage
 * that everybody else suffers, and its end would look like the outage's beginning. The price: a pool that answers
 * nothing but 404 has no `n`, so it is `insufficient-data` and the synthetic looks judge it. That is right, for nothing
 * was learnt.
 */
export function classify(end: RequestEnd): RequestOutcome {
  switch (end.kind) {
    case "http":
      return ofHttp(end.status, end.droppedReason, end.sse);
    case "grpc":
      return ofGrpc(end.status, end.droppedReason);
    case "transport":
      return failures[end.because];
    case "client-abort":
      // Clients close once they have read the end, or the error: then it was the pool's answer and no abort.
      return end.sse === "done" || end.sse === "error" ? ofSse(end.sse) : clientAbort;
    default:
      return end satisfies never;
  }
}

function ofHttp(status: number, dropped: DroppedReason | undefined, sse: SseEnding | undefined): RequestOutcome {
  if (status < 400) return ofSse(sse);
  if (status === 429) return saturated[dropped ?? "unnamed"];
  if (status === 503 && isFull(dropped)) return saturated[dropped];
  return failedStatuses.has(status) ? failures.status : clientError;
}

function ofGrpc(status: number, dropped: DroppedReason | undefined): RequestOutcome {
  if (status === 0) return success;
  if (status === 8) return saturated[dropped ?? "unnamed"];
  // What HTTP says with 503, gRPC says with UNAVAILABLE, and the header travels in both.
  if (status === 14 && isFull(dropped)) return saturated[dropped];
  return failedGrpcStatuses.has(status) ? failures["grpc-status"] : clientError;
}

function ofSse(sse: SseEnding | undefined): RequestOutcome {
  switch (sse) {
    case "error":
      return failures["stream-error"];
    case "cut":
      return failures["stream-cut"];
    case "done":
    case "unmarked":
    case undefined:
      return success;
    default:
      return sse satisfies never;
  }
}

const isFull = (dropped: DroppedReason | undefined): dropped is DroppedReason =>
  dropped !== undefined && droppedReasons[dropped].pool === "full";

const failedStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);
/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const failedGrpcStatuses: ReadonlySet<number> = new Set([2, 4, 13, 14, 15]);

// One value each, made once: classifying allocates nothing.
const success: RequestOutcome = { kind: "success" };
const clientAbort: RequestOutcome = { kind: "neither", because: "client-abort" };
const clientError: RequestOutcome = { kind: "neither", because: "client-error" };
const failures = byReason<FailureReason>(
  ["status", "grpc-status", "connect", "reset", "timeout", "stream-error", "stream-cut"],
  (because) => ({ kind: "failure", because }),
);
const saturated = byReason<SaturationReason>(
  ["unnamed", ...(Object.keys(droppedReasons) as DroppedReason[])],
  (because) => ({ kind: "saturated", because }),
);

function byReason<Reason extends string>(
  reasons: readonly Reason[],
  make: (because: Reason) => RequestOutcome,
): Readonly<Record<Reason, RequestOutcome>> {
  return Object.fromEntries(reasons.map((because) => [because, make(because)])) as Record<Reason, RequestOutcome>;
}
