/** Waits, or returns early when the signal aborts. Never throws. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Does something again and again, one at a time, until the signal aborts. A turn that fails is reported and the next goes on. */
export async function repeat(
  options: {
    readonly everyMs: number | (() => number);
    readonly signal: AbortSignal;
    readonly onError: (error: unknown) => void;
  },
  turn: () => Promise<void>,
): Promise<void> {
  const { everyMs } = options;
  while (!options.signal.aborted) {
    await turn().catch(options.onError);
    await sleep(typeof everyMs === "number" ? everyMs : everyMs(), options.signal);
  }
}
