import type { Pinned } from "../guard-target.ts";

/** What one look saw. `ms` and `firstTokenMs` are milliseconds from the start of the look. */
export type LookResult =
  | { readonly kind: "ok"; readonly ms: number; readonly firstTokenMs?: number }
  | { readonly kind: "failed"; readonly because: string };

export type LookOptions = {
  readonly deadlineMs: number;
  /** The agent's own address, so that a cut network cuts its looks too. */
  readonly localAddress?: string;
  readonly signal: AbortSignal;
};

/** A probe's own part: resolves when the target is well, throws when it isn't. `signal` aborts at the deadline. */
export type Attempt = (pinned: Pinned, options: LookOptions) => Promise<{ readonly firstTokenMs?: number } | undefined>;

/** Runs one attempt against the deadline and says what came of it. Never throws. */
export async function timeLook(pinned: Pinned, options: LookOptions, attempt: Attempt): Promise<LookResult> {
  const startedAt = performance.now();
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  try {
    const seen = await attempt(pinned, { ...options, signal });
    return { kind: "ok", ms: performance.now() - startedAt, ...seen };
  } catch (error) {
    return failed(deadline.aborted ? `no answer within ${options.deadlineMs} ms` : messageOf(error));
  }
}

export const failed = (because: string): LookResult => ({ kind: "failed", because: because.slice(0, 200) });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
