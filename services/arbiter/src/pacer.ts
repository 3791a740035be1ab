import { sleep } from "@sluice/runtime";

/** Turns the loop at its pace, and at once when woken; turns never overlap. */
export function makePacer(cycleMs: number, signal: AbortSignal) {
  let woken = new AbortController();
  return {
    wake: (): void => woken.abort(),
    async run(turn: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
      while (!signal.aborted) {
        woken = new AbortController();
        await turn().catch(onError);
        await sleep(cycleMs, AbortSignal.any([signal, woken.signal]));
      }
    },
  };
}
