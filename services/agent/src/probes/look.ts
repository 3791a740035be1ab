import type { Pinned } from "../guard-target.ts";

/** What one look saw. `ms` and `firstTokenMs` are milliseconds from the start of the look. */
export type LookResult =
  | { readonly kind: "ok"; readonly ms: number; readonly firstTokenMs?: number }
  | { readonly kind: "failed"; readonly because: string }
  /** The target answered, and what was asked for can't be told from it. */
  | { readonly kind: "unclear"; readonly because: string };

export type LookOptions = {
  readonly deadlineMs: number;
  /** The agent's own address, so that a cut network cuts its looks too. */
  readonly localAddress?: string;
  readonly signal: AbortSignal;
};

type Seen = { readonly firstTokenMs?: number } | undefined;

/** Thrown by a probe that saw nothing either way. */
export class Unclear extends Error {}

/** A probe's own part: resolves when the target is well, throws when it isn't. `signal` aborts at the deadline. */
export type Attempt = (pinned: Pinned, options: LookOptions) => Promise<Seen>;

/** Runs one attempt against the deadline and says what came of it. Never throws, and never takes longer. */
export async function timeLook(
  options: LookOptions,
  attempt: (bounded: LookOptions) => Promise<Seen>,
): Promise<LookResult> {
  const startedAt = performance.now();
  const over = new AbortController();
  const { signal } = over;
  const end = (): void => over.abort(new Error(`no answer within ${options.deadlineMs} ms`));
  const timer = setTimeout(end, options.deadlineMs);
  const cut = (): void => over.abort(options.signal.reason);
  options.signal.addEventListener("abort", cut, { once: true });
  if (options.signal.aborted) cut();
  // A library that loses sight of an aborted request would otherwise keep this look under way for ever.
  const ended = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => ended.reject(signal.reason), { once: true });
  try {
    signal.throwIfAborted();
    const seen = await Promise.race([attempt({ ...options, signal }), ended.promise]);
    return { kind: "ok", ms: performance.now() - startedAt, ...seen };
  } catch (error) {
    const { because } = failed(messageOf(signal.aborted ? signal.reason : error));
    return { kind: error instanceof Unclear ? "unclear" : "failed", because };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", cut);
  }
}

/** A failed look. The sentence may hold bytes from the target and ends up on somebody's terminal, so control characters go. */
export const failed = (because: string): Extract<LookResult, { kind: "failed" }> => ({
  kind: "failed",
  because: because.slice(0, 200).replaceAll(/\p{C}/gu, "?"),
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
