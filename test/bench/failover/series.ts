import type { ConfigEdits } from "../ground/bench-config.ts";

/** `killed` by SIGKILL, so that connections are refused; `silent` by SIGSTOP, so that they hang until the deadline. */
export type Fault = "killed" | "silent";

/** Rounds of one fault under one configuration. */
export type Series = {
  readonly name: string;
  readonly fault: Fault;
  readonly edits: ConfigEdits;
  /** The arbiter that must lead when a round begins. */
  readonly leader: string;
  /** Our median as a share of gdnsd's must be below this; without one the series is for information, and gdnsd sits it out. */
  readonly ratioMax?: number;
  readonly roundsMax?: number;
};

/** The deadline is gdnsd's time-out in each of them. */
export const allSeries: readonly Series[] = [
  { name: "killed, ours at 1 s", fault: "killed", edits: {}, leader: "arbiter-w", ratioMax: 0.25 },
  { name: "silent, ours at 1 s", fault: "silent", edits: {}, leader: "arbiter-w", ratioMax: 0.7 },
  {
    name: "killed, both at 2 s",
    fault: "killed",
    edits: { probes: { intervalMs: 2_000, deadlineMs: 1_000 } },
    leader: "arbiter-w",
    ratioMax: 0.5,
  },
  {
    name: "killed, leader in site-a",
    fault: "killed",
    edits: { preferredArbiter: "arbiter-a" },
    leader: "arbiter-a",
    roundsMax: 5,
  },
];
