import type { MonoMs } from "../model.ts";

/**
 * Whether a pool may serve, and how much of it, by what its real traffic shows.
 *
 * ```
 *            a rule is near            a rule is met
 *  healthy ⇄ suspect      healthy, suspect ────► tripped ◄───────────────┐ a rule is met,
 *     ▲                                             │ the hold is over   │ and the hold doubles
 *     │ the last step was clean                     ▼                    │
 *     │                                          probing                 │
 *     │                                             │ 5 good looks       │
 *     └──────────── recovering: 1, 5, 20, 50, 100 % ◄────────────────────┘
 * ```
 * Nobody is served while `tripped` or `probing`. Traffic that stays away is no recovery: each step out needs proof, be
 * it good synthetic looks or requests that succeeded. But there is always a way out, or a pool would stay ill for ever
 * (LLMKube#453): where no agent looks, probing gives up after twice the hold, and the first users of the ramp are the
 * probe.
 *
 * Whether there is anywhere else to go isn't asked here. Routing asks it, and fails open.
 */
export type PoolHealth = PoolStage & {
  /**
   * The last hold; the next is twice as long when it comes soon. 0 after half an hour of health. Unit: milliseconds.
   */
  readonly holdMs: number;
};

export type PoolStage =
  | { readonly kind: "healthy"; readonly since: MonoMs }
  | { readonly kind: "suspect"; readonly since: MonoMs; readonly because: string }
  | { readonly kind: "tripped"; readonly trippedAt: MonoMs; readonly because: string }
  | { readonly kind: "probing"; readonly trippedAt: MonoMs; readonly because: string }
  | {
      readonly kind: "recovering";
      readonly trippedAt: MonoMs;
      readonly because: string;
      /** Index into `ramp`. */
      readonly step: number;
      readonly stepSince: MonoMs;
      /** Undefined while the step isn't clean. */
      readonly cleanSince: MonoMs | undefined;
    };

/** What one evaluation brings. */
export type PoolEvidence = {
  readonly kind: "fine" | "suspect" | "trip";
  readonly because: string;
  /** The thresholds of the way out hold; counts while recovering. */
  readonly isClean: boolean;
  /** Requests of this step that were learnt from. */
  readonly learnt: number;
  /** The agent's synthetic looks: five good ones in a row, fresh but not yet so, or none that is fresh. */
  readonly looks: "good" | "short" | "none";
};

/** The shares of its users that a pool gets back, step by step. */
export const ramp = [0.01, 0.05, 0.2, 0.5, 1] as const;
export const stepMs = 30_000;
export const holdMsMin = 60_000;
export const holdMsMax = 900_000;
/** A trip within so long of the last recovery is a flap. */
const calmMs = 1_800_000;
/** Without looks a step needs so many requests that were learnt from; a step at 1 % has few. */
const learntMin = 3;

export const newPoolHealth = (now: MonoMs): PoolHealth => ({ kind: "healthy", since: now, holdMs: 0 });

/** The share of its users that a pool may serve, in [0, 1]. */
export function admittedOf(health: PoolHealth): number {
  switch (health.kind) {
    case "healthy":
    case "suspect":
      return 1;
    case "tripped":
    case "probing":
      return 0;
    case "recovering":
      return ramp[health.step] ?? 0;
    default:
      return health satisfies never;
  }
}

/** The health after one more evaluation. */
export function advance(health: PoolHealth, evidence: PoolEvidence, now: MonoMs): PoolHealth {
  switch (health.kind) {
    case "healthy":
    case "suspect":
      return watch(health, evidence, now);
    case "tripped":
      return now - health.trippedAt >= health.holdMs ? advance({ ...health, kind: "probing" }, evidence, now) : health;
    case "probing":
      return mayRecover(health, evidence, now) ? beginStep({ ...health, kind: "recovering" }, 0, now) : health;
    case "recovering":
      return evidence.kind === "trip" ? trip(health, evidence.because, now) : climb(health, evidence, now);
    default:
      return health satisfies never;
  }
}

/** Trips now. The hold doubles when the last trip's recovery isn't half an hour old. */
export function trip(health: PoolHealth, because: string, now: MonoMs): PoolHealth {
  const holdMs = Math.min(holdMsMax, Math.max(holdMsMin, 2 * health.holdMs));
  return { kind: "tripped", trippedAt: now, because, holdMs };
}

type Of<Kind extends PoolStage["kind"]> = Extract<PoolHealth, { readonly kind: Kind }>;

function watch(health: Of<"healthy"> | Of<"suspect">, evidence: PoolEvidence, now: MonoMs): PoolHealth {
  const { since } = health;
  const holdMs = now - since >= calmMs ? 0 : health.holdMs;
  if (evidence.kind === "trip") return trip({ ...health, holdMs }, evidence.because, now);
  if (evidence.kind === "suspect") return { kind: "suspect", since, because: evidence.because, holdMs };
  return { kind: "healthy", since, holdMs };
}

function mayRecover(health: Of<"probing">, { looks }: PoolEvidence, now: MonoMs): boolean {
  return looks === "good" || (looks === "none" && now - health.trippedAt >= 2 * health.holdMs);
}

/** A step ends when it has been clean for long enough, and something showed it. */
function climb(health: Of<"recovering">, evidence: PoolEvidence, now: MonoMs): PoolHealth {
  if (!evidence.isClean) return { ...health, cleanSince: undefined };
  const cleanSince = health.cleanSince ?? now;
  const isShown = evidence.learnt >= learntMin || evidence.looks === "good";
  if (now - cleanSince < stepMs || !isShown) return { ...health, cleanSince };
  if (health.step + 1 < ramp.length) return beginStep(health, health.step + 1, now);
  return { kind: "healthy", since: now, holdMs: health.holdMs };
}

const beginStep = (
  { trippedAt, because, holdMs }: Omit<Of<"recovering">, "step" | "stepSince" | "cleanSince">,
  step: number,
  now: MonoMs,
): PoolHealth => ({ kind: "recovering", trippedAt, because, holdMs, step, stepSince: now, cleanSince: now });
