import {
  type Health,
  type HealthThresholds,
  isQuickened,
  isSuspect,
  newHealth,
  observe,
  opinionOf,
} from "@sluice/core";

/**
 * Every health there can be under some thresholds, numbered, and what `observe` makes of it. The real functions fill the table,
 * once for each health that can be reached from a new one, so they stay the only source of the rules; afterwards a look is an
 * array read. With the lab's thresholds there are some ten thousand.
 */
export type HealthTable = {
  /** The number after a look that went well, by the number before. A new health is number 0. */
  readonly ok: Uint32Array;
  readonly failed: Uint32Array;
  readonly healths: readonly Health[];
  /** The opinion's number in `opinions`. */
  readonly opinion: Uint8Array;
  readonly suspect: Uint8Array;
  readonly quickened: Uint8Array;
};

/** In the table by number, so that comparing them costs nothing. */
export const opinions = ["healthy", "degraded", "down", "unknown"] as const;
export const downNumber = opinions.indexOf("down");

export function makeHealthTable(thresholds: HealthThresholds): HealthTable {
  const healths: Health[] = [newHealth];
  const numbers = new Map([[keyOf(newHealth), 0]]);
  const [ok, failed]: [number[], number[]] = [[], []];
  const numberOf = (health: Health): number => {
    const known = numbers.get(keyOf(health));
    if (known !== undefined) return known;
    numbers.set(keyOf(health), healths.length);
    return healths.push(health) - 1;
  };
  // The list grows while it is walked, until nothing new is reached.
  for (const health of healths) {
    ok.push(numberOf(observe(health, false, thresholds)));
    failed.push(numberOf(observe(health, true, thresholds)));
  }
  return {
    ok: Uint32Array.from(ok),
    failed: Uint32Array.from(failed),
    healths,
    opinion: Uint8Array.from(healths, (health) => opinions.indexOf(opinionOf(health, thresholds))),
    suspect: Uint8Array.from(healths, (health) => Number(isSuspect(health))),
    quickened: Uint8Array.from(healths, (health) => Number(isQuickened(health))),
  };
}

const keyOf = (health: Health): string => JSON.stringify([health.opinion, health.streak, health.window]);
