import { type DroppedReason, droppedReasons } from "./dropped-reason.ts";

/** What is known when an attempt has ended in something that isn't an answer worth having. */
export type AttemptFacts = {
  readonly end: AttemptEnd;
  /** A byte of an answer, be it a header, has gone to the client. */
  readonly isAnswerBegun: boolean;
  /** Attempts made, this one included. */
  readonly attempts: number;
  /** All of the body that was sent is still held, within its bound, or none was sent. */
  readonly isBodyHeld: boolean;
  readonly method: string;
  readonly hasIdempotencyKey: boolean;
  readonly isClientHere: boolean;
  /** There is another rank to try. */
  readonly hasNext: boolean;
  /** `RetryBudget.allows`. */
  readonly isWithinBudget: boolean;
};

export type AttemptEnd =
  /** No connection came about: nobody saw the request. */
  | { readonly kind: "connect" }
  /** HTTP/2 said that the stream wasn't processed: REFUSED_STREAM, or a GOAWAY with a lower last stream. */
  | { readonly kind: "unprocessed" }
  /** The connection broke, or nothing came for too long: it may have been processed. */
  | { readonly kind: "reset" | "timeout" }
  /** An answer, complete with its status. */
  | {
      readonly kind: "answer";
      /** HTTP's, or for gRPC what `grpcStatusOf` told of the headers of a trailers-only answer. */
      readonly status: number;
      readonly isGrpc: boolean;
      readonly droppedReason: DroppedReason | undefined;
    };

export type RetryDecision = { readonly kind: "retry" } | { readonly kind: "no"; readonly because: NoRetry };

export type NoRetry =
  | "answered"
  | "answer-begun"
  | "client-gone"
  | "evicted"
  | "maybe-processed"
  | "attempts-used"
  | "nowhere-to-go"
  | "body-not-held"
  | "budget-spent";

const attemptsMax = 2;

/**
 * May the request go to the next rank (reference l7 §3.6)? An LLM's POST costs a GPU whatever HTTP calls idempotent, so
 * it is repeated only where nobody has begun on it:
 *
 * ```
 *  the attempt ended in                       POST      POST with Idempotency-Key, or a repeatable method
 *  no connection, stream not processed        retry     retry
 *  429, 503, gRPC 8 or 14 with rejected-*     retry     retry
 *  reset, time-out, 5xx, failing gRPC         no        retry
 *  evicted-*                                  no        no: the work was done, and the pool asks us to back off
 *  any other answer                           no        no
 * ```
 * With a key the client has declared that doing it twice does no harm, and RFC 9110 §9.2.2 says the same of GET, HEAD,
 * OPTIONS, TRACE, PUT and DELETE. Over all of it: never once the client has a byte, once only, within the budget.
 */
export function mayRetry(facts: AttemptFacts): RetryDecision {
  const because = whyNot(facts);
  return because === undefined ? retry : { kind: "no", because };
}

const retry: RetryDecision = { kind: "retry" };

function whyNot(facts: AttemptFacts): NoRetry | undefined {
  if (facts.isAnswerBegun) return "answer-begun";
  if (!facts.isClientHere) return "client-gone";
  const because = whyNotRepeat(facts.end, isRepeatable(facts));
  if (because !== undefined) return because;
  if (facts.attempts >= attemptsMax) return "attempts-used";
  if (!facts.hasNext) return "nowhere-to-go";
  if (!facts.isBodyHeld) return "body-not-held";
  return facts.isWithinBudget ? undefined : "budget-spent";
}

const isRepeatable = ({ method, hasIdempotencyKey }: AttemptFacts): boolean =>
  hasIdempotencyKey || repeatableMethods.has(method);

const repeatableMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

function whyNotRepeat(end: AttemptEnd, repeatable: boolean): NoRetry | undefined {
  switch (end.kind) {
    case "connect":
    case "unprocessed":
      return undefined;
    case "reset":
    case "timeout":
      return repeatable ? undefined : "maybe-processed";
    case "answer": {
      const work = end.droppedReason === undefined ? undefined : droppedReasons[end.droppedReason].work;
      if (work === "spent") return "evicted";
      const { dropping, failing } = end.isGrpc ? grpcStatuses : httpStatuses;
      if (work === "none" && dropping.has(end.status)) return undefined;
      if (!failing.has(end.status)) return "answered";
      return repeatable ? undefined : "maybe-processed";
    }
    default:
      return end satisfies never;
  }
}

type Statuses = { readonly dropping: ReadonlySet<number>; readonly failing: ReadonlySet<number> };
const httpStatuses: Statuses = { dropping: new Set([429, 503]), failing: new Set([500, 502, 503, 504]) };
/** A deadline that has passed has passed everywhere, so 4 isn't tried again. */
const grpcStatuses: Statuses = { dropping: new Set([8, 14]), failing: new Set([2, 13, 14, 15]) };
