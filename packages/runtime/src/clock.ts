import { epochMs, monoMs } from "@sluice/core";
import type { Clock } from "@sluice/ports";

/** The machine's clocks. */
export const systemClock: Clock = {
  monotonicMs: () => monoMs(performance.now()),
  wallMs: () => epochMs(Date.now()),
};
