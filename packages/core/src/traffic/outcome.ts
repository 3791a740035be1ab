import type { DroppedReason } from "./dropped-reason.ts";

/**
 * How a request ended, for the statistics. It says nothing of who was at fault, only what may be learnt about the pool.
 */
export type RequestOutcome =
  | { readonly kind: "success" }
  /** The pool is broken: it counts towards tripping. */
  | { readonly kind: "failure"; readonly because: FailureReason }
  /** The pool is full: load goes elsewhere, and nobody declares an outage. */
  | { readonly kind: "saturated"; readonly because: SaturationReason }
  /** Nothing is learnt of the pool: the client was wrong, or went away. */
  | { readonly kind: "neither"; readonly because: "client-abort" | "client-error" };

export type FailureReason =
  | "status"
  | "grpc-status"
  | "connect"
  | "reset"
  | "timeout"
  /** A stream that began with 200 and ended in an error event, or without its end. */
  | "stream-error"
  | "stream-cut";

/**
 * What the pool named as its reason, of a closed list, so that it may label a metric; `unnamed` when it only said 429
 * or gRPC 8.
 */
export type SaturationReason = DroppedReason | "unnamed";
