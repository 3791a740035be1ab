import { systemClock } from "@sluice/runtime";

/**
 * One Ctrl-C may arrive several times: the terminal sends it to everybody in the foreground, and `npx` and `pnpm` pass theirs
 * on. Nobody presses it twice as fast as this. Unit: milliseconds.
 */
const sameWithinMs = 500;

/** Aborted by a second SIGINT or SIGTERM: somebody doesn't want to wait for an orderly end. */
export function secondSignal(nowMs = (): number => systemClock.monotonicMs()): AbortSignal {
  const hurry = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (): void => {
    firstAt ??= nowMs();
    if (nowMs() - firstAt > sameWithinMs) hurry.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  return hurry.signal;
}
