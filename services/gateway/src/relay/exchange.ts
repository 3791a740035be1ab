import {
  type AttemptEnd,
  classify,
  droppedReasonHeader,
  grpcStatusOf,
  type MonoMs,
  mayRetry,
  parseDroppedReason,
  type RequestEnd,
  type RequestOutcome,
  type RetryBudget,
  type RouteDecision,
  type SseEnding,
  type SseWatch,
  watchSse,
} from "@sluice/core";
import { type Attempt, attemptAt } from "./attempt.ts";
import { headerOf, responseHeaders } from "./headers.ts";
import type { HeaderList, Inbound, ResponseForm } from "./inbound.ts";
import { type KeptBody, keepBody } from "./kept-body.ts";
import { answerOwn } from "./own-answer.ts";
import { blank } from "./record.ts";
import type { RelayDeps } from "./relay.ts";
import type { UpstreamFailure } from "./upstream.ts";

export type ExchangeParts = {
  readonly deps: RelayDeps;
  readonly budget: RetryBudget;
  readonly inbound: Inbound;
  readonly isGrpc: boolean;
  readonly startedAt: MonoMs;
  readonly service: string;
  readonly decision: Extract<RouteDecision, { kind: "route" }>;
  readonly userHash: number | undefined;
  /** Called once, when it is over. */
  readonly leave: () => void;
};

/** Reasons with which a gateway refuses before anybody has begun on a request. */
const undone: ReadonlySet<string> = new Set(["no-pool", "pool-unreachable"]);

const unreachable: RequestOutcome = { kind: "failure", because: "connect" };

/** Bytes of a request's body that are kept for a retry. */
const keptBytesMax = 1_048_576;

/**
 * One request from its head to the end of its answer: one attempt, at most one more, and the answer of the last one passed on
 * piece by piece.
 */
export class Exchange {
  readonly parts: ExchangeParts;
  readonly body: KeptBody | undefined;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #isAnswerBegun = false;
  #isOver = false;
  #sse: SseWatch | undefined;
  #status = 0;
  #grpcStatus: string | undefined;
  #droppedReason: ReturnType<typeof parseDroppedReason>;
  #firstByteMs: number | undefined;
  #responseBytes = 0;
  #reason: string | undefined;

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    const { body } = parts.inbound;
    this.body = body.kind === "stream" ? keepBody(body.stream, keptBytesMax) : undefined;
  }

  begin(): void {
    const { inbound } = this.parts;
    inbound.onGone((isWhole) => this.#clientGone(isWhole));
    inbound.onDrain(() => this.#attempt?.sent?.resume());
    this.#try(undefined);
  }

  #try(before: Attempt | undefined): void {
    let attempt = attemptAt(this, before);
    // Where nobody can be asked nothing is tried, so going on to the next site is no retry and costs no budget.
    while (!attempt.endpoint && attempt.hasNext(false)) {
      attempt.note(unreachable, true);
      attempt = attemptAt(this, attempt);
    }
    this.#attempts += 1;
    this.#attempt = attempt;
    attempt.send();
  }

  /** An attempt's answer has begun. */
  onHead(attempt: Attempt, status: number, headers: HeaderList, form: "empty" | "body"): void {
    if (attempt !== this.#attempt || this.#isOver) return;
    const { isGrpc, inbound, decision } = this.parts;
    this.#status = status;
    this.#grpcStatus = isGrpc ? headerOf(headers, "grpc-status") : undefined;
    this.#droppedReason =
      status >= 400 || isGrpc ? parseDroppedReason(headerOf(headers, droppedReasonHeader)) : undefined;
    if (this.#mayTryAnother(attempt, this.#answerEnd(attempt, headers))) return;
    this.#isAnswerBegun = true;
    this.body?.settle();
    const type = headerOf(headers, "content-type") ?? "";
    const isStream = !isGrpc && status === 200 && type.startsWith("text/event-stream");
    if (isStream && headerOf(headers, "content-encoding") === undefined) this.#sse = watchSse();
    if (!isStream) this.#noteFirstByte();
    const list = responseHeaders(headers, attempt.isHop);
    if (decision.because === "variant-fallback") list.push("x-sluice-variant-fallback", "1");
    inbound.respond(status, list, formOf(form, attempt, headers));
  }

  onData(attempt: Attempt, chunk: Buffer, isLent: boolean): void {
    if (attempt !== this.#attempt || this.#isOver) return;
    if (this.#firstByteMs === undefined) this.#noteFirstByte();
    this.#responseBytes += chunk.length;
    this.#sse?.see(chunk);
    if (!this.parts.inbound.write(chunk, isLent)) attempt.sent?.pause();
  }

  onRest(attempt: Attempt): void {
    if (attempt === this.#attempt && !this.#isOver) this.parts.inbound.flush();
  }

  onEnd(attempt: Attempt, trailers: HeaderList): void {
    if (attempt !== this.#attempt || this.#isOver) return;
    if (this.parts.isGrpc) this.#grpcStatus = headerOf(trailers, "grpc-status") ?? this.#grpcStatus;
    this.parts.inbound.end(trailers);
    this.#finish(this.#wholeEnd(this.#sse?.ending()));
  }

  onFailure(attempt: Attempt, failure: UpstreamFailure): void {
    if (attempt !== this.#attempt || this.#isOver) return;
    const { inbound } = this.parts;
    this.#reason = failure.detail;
    if (failure.kind === "bad-request")
      return this.#answer({ status: 400, grpcStatus: 3, reason: "bad-request" }, failure);
    if (this.#isAnswerBegun) {
      inbound.cut(failure.code);
      return this.#finish({ kind: "transport", because: failure.kind === "timeout" ? "timeout" : "reset" });
    }
    const kind = failure.kind === "refused" ? "unprocessed" : failure.kind;
    if (this.#mayTryAnother(attempt, { kind })) return;
    const because = kind === "timeout" ? "timeout" : kind === "connect" ? "connect" : "reset";
    attempt.note(classify({ kind: "transport", because }), kind === "connect" || kind === "unprocessed");
    this.#answer(
      kind === "timeout"
        ? { status: 504, grpcStatus: 4, reason: "pool-timeout" }
        : kind === "connect"
          ? { status: 503, grpcStatus: 14, reason: "pool-unreachable" }
          : { status: 502, grpcStatus: 14, reason: "pool-reset" },
      failure,
    );
  }

  #answer(answer: { status: number; grpcStatus: number; reason: string }, { detail }: UpstreamFailure): void {
    const { inbound, isGrpc } = this.parts;
    this.#status = answer.status;
    this.#isAnswerBegun = true;
    this.body?.leave();
    answerOwn(inbound, isGrpc, { ...answer, because: detail });
    this.#over(undefined);
  }

  #answerEnd(attempt: Attempt, headers: HeaderList): AttemptEnd {
    const { isGrpc } = this.parts;
    const isTrailersOnly = isGrpc && this.#grpcStatus !== undefined;
    const status =
      isTrailersOnly || (isGrpc && this.#status !== 200) ? grpcStatusOf(this.#grpcStatus, this.#status) : this.#status;
    // Another gateway that has no pool for us says so before it has done anything.
    if (attempt.isHop && undone.has(headerOf(headers, "x-sluice-reason") ?? "")) {
      attempt.noteUnserved();
      return { kind: "unprocessed" };
    }
    return {
      kind: "answer",
      status: isGrpc && !isTrailersOnly && this.#status === 200 ? 0 : status,
      isGrpc,
      droppedReason: this.#droppedReason,
    };
  }

  /** Whether the request goes on to the next rank; if so, what this attempt taught is noted. */
  #mayTryAnother(attempt: Attempt, end: AttemptEnd): boolean {
    if (end.kind === "answer" && isFine(end)) return false;
    const { deps, budget, inbound } = this.parts;
    const decision = mayRetry({
      end,
      isAnswerBegun: this.#isAnswerBegun,
      attempts: this.#attempts,
      isBodyHeld: this.body?.isHeld() ?? true,
      method: inbound.method,
      hasIdempotencyKey: headerOf(inbound.headers, "idempotency-key") !== undefined,
      isClientHere: true,
      hasNext: attempt.hasNext(end.kind === "connect" || end.kind === "unprocessed"),
      isWithinBudget: budget.allows(deps.now()),
    });
    if (decision.kind === "no") return false;
    budget.spend(deps.now());
    if (end.kind === "unprocessed") attempt.noteRefused();
    else if (end.kind === "answer") attempt.note(classify(this.#wholeEnd(undefined)), false);
    else attempt.note(classify({ kind: "transport", because: end.kind }), end.kind === "connect");
    attempt.isUnseen = end.kind === "connect" || end.kind === "unprocessed";
    attempt.leave();
    // The rest of the body goes to the next one only, so this one could never end well.
    if (this.body) attempt.sent?.abort();
    this.#try(attempt);
    return true;
  }

  #wholeEnd(sse: SseEnding | undefined): RequestEnd {
    const droppedReason = this.#droppedReason;
    if (this.parts.isGrpc) {
      return { kind: "grpc", status: grpcStatusOf(this.#grpcStatus, this.#status), droppedReason };
    }
    return { kind: "http", status: this.#status, droppedReason, sse };
  }

  /** Errors come fast, and would make a broken pool look quick. */
  #noteFirstByte(): void {
    const { deps, startedAt } = this.parts;
    this.#firstByteMs = deps.now() - startedAt;
    if (this.#status < 400) this.#attempt?.noteFirstByte(this.#firstByteMs, this.requestBytes());
  }

  requestBytes(): number {
    const { body } = this.parts.inbound;
    return this.body?.bytes() ?? (body.kind === "whole" ? body.bytes.length : 0);
  }

  #clientGone(isWhole: boolean): void {
    if (this.#isOver) return;
    if (isWhole) return;
    const attempt = this.#attempt;
    attempt?.sent?.abort();
    if (this.#firstByteMs === undefined) {
      attempt?.noteGivenUp(this.parts.deps.now() - this.parts.startedAt, this.requestBytes());
    }
    this.#finish({ kind: "client-abort", sse: this.#sse?.ending() });
  }

  #finish(end: RequestEnd): void {
    const outcome = classify(end);
    this.#attempt?.note(outcome, false);
    this.#over(outcome);
  }

  #over(outcome: RequestOutcome | undefined): void {
    this.#isOver = true;
    this.#attempt?.leave();
    this.parts.leave();
    const { deps, inbound, isGrpc, startedAt, service, decision } = this.parts;
    const attempt = this.#attempt;
    deps.onDone({
      ...blank(inbound, isGrpc, startedAt),
      service,
      channel: decision.channel,
      because: decision.because,
      slot: decision.slot,
      site: attempt?.site,
      endpoint: attempt?.address,
      status: this.#status,
      grpcStatus: isGrpc ? grpcStatusOf(this.#grpcStatus, this.#status) : undefined,
      outcome,
      reason: this.#reason,
      firstByteMs: this.#firstByteMs,
      totalMs: deps.now() - startedAt,
      attempts: this.#attempts,
      requestBytes: this.requestBytes(),
      responseBytes: this.#responseBytes,
    });
  }
}

const isFine = ({ status, isGrpc }: Extract<AttemptEnd, { kind: "answer" }>): boolean =>
  isGrpc ? status === 0 : status < 429;

/** Trailers follow over HTTP/2 without a word; over HTTP/1.1 they are announced (RFC 9110 §6.6.2). */
function formOf(form: "empty" | "body", attempt: Attempt, headers: HeaderList): ResponseForm {
  if (form === "empty") return "empty";
  return attempt.speaks === "http2" || headerOf(headers, "trailer") !== undefined ? "trailers" : "body";
}
