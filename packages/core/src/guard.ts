import type { GuardSettings } from "./config.ts";
import type { EpochMs, Opinion, SiteName } from "./model.ts";
import { type Placement, sitesOf } from "./placement.ts";

/**
 * Guards answer "why not?". Floors hold against everybody, operators too, unless the request names the rule. Brakes hold
 * automation back and yield to overrides and to evacuation.
 */
export const floorRules = ["never-empty", "last-serving-site"] as const;
export type FloorRule = (typeof floorRules)[number];
export type BrakeRule = "freeze" | "cool-down" | "moves-per-hour";

export type WhyNot<Rule extends string> = { readonly rule: Rule; readonly because: string };

/** How sure we are that a site serves. A change may not lower the best of what is served. */
const surety = { healthy: 2, degraded: 2, unknown: 1, down: 0 } as const satisfies Record<Opinion, number>;

/** The floors under a change of what is served. `never-empty` cannot be overridden: data planes would refuse it anyway. */
export function whyNotFloor(
  change: { readonly from: Placement; readonly to: Placement },
  healthOf: (site: SiteName) => Opinion,
): WhyNot<FloorRule> | undefined {
  if (change.to.kind === "sorry") return undefined;
  const after = sitesOf(change.to);
  if (after.length === 0) return { rule: "never-empty", because: "the answer would be empty" };
  const best = (sites: readonly SiteName[]): number => Math.max(-1, ...sites.map((site) => surety[healthOf(site)]));
  if (best(after) >= best(sitesOf(change.from))) return undefined;
  const described = after.map((site) => `${site} is ${healthOf(site)}`).join(", ");
  return { rule: "last-serving-site", because: `it would take away the last serving site: ${described}` };
}

const hourMs = 3_600_000;

/** The brakes on an automatic move that is not an evacuation. `moves` are the automatic moves so far, oldest first. */
export function whyNotBrake(
  moves: readonly EpochMs[],
  now: EpochMs,
  settings: GuardSettings,
): WhyNot<BrakeRule> | undefined {
  const last = pastMoves(moves, now).at(-1);
  if (last !== undefined && now - last < settings.cooldownMs) {
    const leftSeconds = Math.ceil((settings.cooldownMs - (now - last)) / 1000);
    return { rule: "cool-down", because: `it moved a moment ago; ${leftSeconds} s of the cool-down are left` };
  }
  const recent = recentMoves(moves, now).length;
  if (recent >= settings.movesPerHourMax) {
    return { rule: "moves-per-hour", because: `${recent} automatic moves within the hour; an operator must look` };
  }
  return undefined;
}

/**
 * The moves that still count towards the hour. When the clock stepped back, dates lie in the future: how long ago those moves
 * were nobody knows, so they count towards the hour and not towards the cool-down.
 */
export const recentMoves = (moves: readonly EpochMs[], now: EpochMs): readonly EpochMs[] =>
  moves.filter((at) => now - at < hourMs).map((at) => (at > now ? now : at));

/** The moves that the clock agrees are past. */
const pastMoves = (moves: readonly EpochMs[], now: EpochMs): readonly EpochMs[] => moves.filter((at) => at <= now);
