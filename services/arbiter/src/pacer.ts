/** Turns the loop at its pace, and at once when woken; turns never overlap. */
export function makePacer(cycleMs: number, signal: AbortSignal) {
  let isWoken = false;
  let endRest = (): void => undefined;
  const wake = (): void => {
    isWoken = true;
    endRest();
  };
  signal.addEventListener("abort", wake, { once: true });

  // By hand: four times a second, a signal made of two others costs more than an idle turn.
  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, cycleMs);
      endRest = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    wake,
    async run(turn: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
      while (!signal.aborted) {
        isWoken = false;
        await turn().catch(onError);
        if (!isWoken) await rest();
      }
    },
  };
}
