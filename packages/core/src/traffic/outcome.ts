/** How a request ended, for the statistics. It says nothing of who was at fault, only what may be learnt about the pool. */
export type Outcome =
  | { readonly kind: "success" }
  /** The pool is broken: it counts towards tripping. */
  | { readonly kind: "failure"; readonly because: FailureReason }
  /** The pool is full: load goes elsewhere, and nobody declares an outage. */
  | { readonly kind: "saturated"; readonly because: string }
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
