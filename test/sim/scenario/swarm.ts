import type { Prng } from "@sluice/ports";
import { draw } from "./draw.ts";

/** Every kind of trouble there is. A seed turns on some of them: all at once would hide what only a few bring about. */
export const faultKinds = [
  "app-dead",
  "app-silent",
  "app-gray",
  "site-lost",
  "partition",
  "one-way-cut",
  "lossy",
  "held-up",
  "duplicates",
  "replay",
  "crash",
  "pause",
  "suspend",
  "wall-step",
  "wall-skew",
  "clock-rate",
  "db-down",
  "db-failover",
  "db-lost-suffix",
  "db-unknown-commit",
  "db-serialization",
  "db-cut-off",
  "db-clock",
  "byzantine",
  "slow-agent",
  "disk-full",
  "disk-damaged",
  "forger",
  "mad-leader",
  "operator",
  "db-slow",
  "gray-chase",
  "config-change",
  "own-traffic",
  "mixed-versions",
  "db-with-site",
  "db-split",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Which kinds are on for a seed: few for some, many for others. */
export function drawSwarm(chance: Prng): ReadonlySet<FaultKind> {
  const share = draw.one(chance, [0.08, 0.15, 0.25, 0.4]);
  return new Set(faultKinds.filter(() => draw.isTrue(chance, share)));
}
