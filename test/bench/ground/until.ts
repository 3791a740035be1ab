import { sleep } from "@sluice/runtime";

export type Patience = { readonly timeoutMs: number; readonly signal: AbortSignal };

const lookEveryMs = 50;

/** Asks "why not yet?" again and again until nothing is left to say, and fails with the last reason when that never comes. */
export async function untilReady(patience: Patience, whyNot: () => Promise<string | undefined>): Promise<void> {
  const end = performance.now() + patience.timeoutMs;
  for (;;) {
    if (patience.signal.aborted) throw new Error("interrupted");
    const because = await whyNot().catch((error: unknown) => String(error));
    if (because === undefined) return;
    if (performance.now() > end) throw new Error(`still not after ${patience.timeoutMs / 1000} s: ${because}`);
    await sleep(lookEveryMs, patience.signal);
  }
}
