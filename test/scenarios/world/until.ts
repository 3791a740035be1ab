import { setTimeout as pause } from "node:timers/promises";

/** Long enough that a busy machine passes, short enough that a broken one is told from it. Unit: milliseconds. */
const usualPatienceMs = 60_000;
const lookEveryMs = 25;

/** Looks again and again until there is something, and fails with the last thing seen when it never comes. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  patienceMs = usualPatienceMs,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`never came to be: ${what}`);
    await pause(lookEveryMs);
  }
}
