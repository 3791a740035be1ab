import type { Opinion } from "./model.ts";

/**
 * An agent's debounced opinion of one target.
 *
 * Intuition: one bad look is a hiccup, four in a row are a fact. Looks that contradict the opinion build a streak; when the
 * streak is long enough the opinion turns. While a streak is being built the pace quickens, so being careful does not cost
 * `fall` whole intervals: a look each interval / 4, not waiting for the one before.
 *
 * Model: `opinion` and `streak`, as in gdnsd's thresholds, but consecutive: alternating looks never turn it. Alternation is
 * not health either, so a window of the last looks tells `degraded` (6 bad of 10).
 *
 * Not done: weighting looks by age, or phi-accrual. An operator must be able to check the sum by hand at three in the morning.
 */
export type Health = {
  readonly opinion: "unknown" | "up" | "down";
  /** Looks in a row that contradict the opinion. While unknown: failures in a row below zero, successes above. */
  readonly streak: number;
  /** The last looks, newest last; true is a failure. */
  readonly window: readonly boolean[];
};

export type HealthThresholds = {
  readonly fall: number;
  readonly rise: number;
  readonly degradedFailures: number;
  readonly degradedLooks: number;
};

export const newHealth: Health = { opinion: "unknown", streak: 0, window: [] };

/** The health after one more look. */
export function observe(health: Health, failed: boolean, thresholds: HealthThresholds): Health {
  const window = [...health.window, failed].slice(-thresholds.degradedLooks);
  return { ...debounce(health, failed, thresholds), window };
}

function debounce(health: Health, failed: boolean, thresholds: HealthThresholds): Omit<Health, "window"> {
  switch (health.opinion) {
    case "up": {
      const streak = failed ? health.streak + 1 : 0;
      return streak >= thresholds.fall ? { opinion: "down", streak: 0 } : { opinion: "up", streak };
    }
    case "down": {
      const streak = failed ? 0 : health.streak + 1;
      return streak >= thresholds.rise ? { opinion: "up", streak: 0 } : { opinion: "down", streak };
    }
    case "unknown": {
      const streak = failed ? Math.min(health.streak, 0) - 1 : Math.max(health.streak, 0) + 1;
      if (streak <= -thresholds.fall) return { opinion: "down", streak: 0 };
      if (streak >= thresholds.rise) return { opinion: "up", streak: 0 };
      return { opinion: "unknown", streak };
    }
    default:
      return health.opinion satisfies never;
  }
}

/** True while looks contradict the opinion, or while there is none yet: then a look each interval / 4. */
export const isQuickened = (health: Health): boolean => health.opinion === "unknown" || health.streak > 0;

/** True when a healthy target has begun to fail: worth telling the other agents, who then take one look at once. */
export const isSuspect = (health: Health): boolean => health.opinion === "up" && health.streak > 0;

/** What the agent votes. */
export function opinionOf(health: Health, thresholds: HealthThresholds): Opinion {
  switch (health.opinion) {
    case "unknown":
      return "unknown";
    case "down":
      return "down";
    case "up":
      return failuresIn(health) >= thresholds.degradedFailures ? "degraded" : "healthy";
    default:
      return health.opinion satisfies never;
  }
}

export const failuresIn = (health: Health): number => health.window.filter((failed) => failed).length;
