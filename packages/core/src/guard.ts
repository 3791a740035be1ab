import { type Blamed, blamedSentence } from "./blamed.ts";
import type { GuardSettings } from "./config.ts";
import type { ChannelName, EpochMs, Opinion, ServiceName, SiteName } from "./model.ts";
import { type Placement, sitesOf } from "./placement.ts";

/**
 * Guards answer "why not?". Floors hold against everybody, operators too, unless the request names the rule. Brakes hold
 * automation back and yield to overrides and to evacuation.
 */
export const floorRules = ["never-empty", "last-serving-site"] as const;
export type FloorRule = (typeof floorRules)[number];
export type BrakeRule = "freeze" | "pin" | "cool-down" | "moves-per-hour" | "second-site" | "common-mode";

export type WhyNot<Rule extends string> = { readonly rule: Rule; readonly because: string };

/** How sure we are that a site serves. A change may not lower the best of what is served. */
const surety = { healthy: 2, degraded: 2, unknown: 1, down: 0 } as const satisfies Record<Opinion, number>;

export type FloorFacts = {
  readonly from: Placement;
  readonly to: Placement;
  /** How many addresses `to` would be answered with. */
  readonly addresses: number;
  readonly healthOf: (site: SiteName) => Opinion;
};

/**
 * The floors under a change of what is served. `never-empty` cannot be overridden: data planes would refuse it anyway. The
 * sorry address and failing open are what was configured for when nothing serves, so only the first floor is under them.
 */
export function whyNotFloor({ from, to, addresses, healthOf }: FloorFacts): WhyNot<FloorRule> | undefined {
  if (addresses === 0) return { rule: "never-empty", because: "the answer would be empty" };
  if (to.kind !== "sites") return undefined;
  const best = (sites: readonly SiteName[]): number => Math.max(-1, ...sites.map((site) => surety[healthOf(site)]));
  const after = best(sitesOf(to));
  if (after > surety.down && after >= best(sitesOf(from))) return undefined;
  const described = sitesOf(to)
    .map((site) => `${site} is ${healthOf(site)}`)
    .join(", ");
  return { rule: "last-serving-site", because: `it would take away the last serving site: ${described}` };
}

const hourMs = 3_600_000;
const secondSiteMs = 600_000;

/** The brakes on an automatic move that is not an evacuation. `moves` are the automatic moves so far, oldest first. */
export function whyNotBrake(
  state: { readonly moves: readonly EpochMs[]; readonly latchedAt?: EpochMs },
  now: EpochMs,
  settings: GuardSettings,
): WhyNot<BrakeRule> | undefined {
  if (state.latchedAt !== undefined) {
    const because = `${settings.movesPerHourMax} automatic moves within an hour latched it to manual; an operator must look`;
    return { rule: "moves-per-hour", because };
  }
  const last = pastMoves(state.moves, now).at(-1);
  if (last === undefined || now - last >= settings.cooldownMs) return undefined;
  const leftSeconds = Math.ceil((settings.cooldownMs - (now - last)) / 1000);
  return { rule: "cool-down", because: `it moved a moment ago; ${leftSeconds} s of the cool-down are left` };
}

/**
 * The brake on leaving a degraded site while something else than the site is to blame. A site that is down is left all the same:
 * whatever made it so, nobody is served there.
 */
export function whyNotCommonMode(
  blamed: readonly Blamed[],
  of: { readonly service: ServiceName; readonly channel: ChannelName },
): WhyNot<BrakeRule> | undefined {
  const what = blamed.find(
    (entry) => entry.kind === "ourselves" || (entry.service === of.service && entry.channel === of.channel),
  );
  return what && { rule: "common-mode", because: blamedSentence(what) };
}

/** Whether a move more latches a service to manual. Evacuations are counted too, though the latch doesn't hold them. */
export const isLatching = (moves: readonly EpochMs[], now: EpochMs, settings: GuardSettings): boolean =>
  recentMoves(moves, now).length >= settings.movesPerHourMax;

/**
 * The one brake on evacuation. Losing a second site so soon is more likely our own mistake than the world's, so only a
 * service with nothing healthy left in its answers leaves it. `left` are the sites that services left as down, and when.
 */
export function whyNotSecondSite(
  site: SiteName,
  left: readonly { readonly site: SiteName; readonly since: EpochMs }[],
  facts: { readonly now: EpochMs; readonly answered: readonly Opinion[] },
): WhyNot<BrakeRule> | undefined {
  if (!facts.answered.includes("healthy")) return undefined;
  const first = left.find(
    (entry) => entry.site !== site && entry.since <= facts.now && facts.now - entry.since < secondSiteMs,
  );
  if (!first) return undefined;
  const leftSeconds = Math.ceil((secondSiteMs - (facts.now - first.since)) / 1000);
  const because = `${first.site} was evacuated within 10 min and it still has something healthy; ${leftSeconds} s are left`;
  return { rule: "second-site", because };
}

/**
 * The moves that still count towards the hour. When the clock stepped back, dates lie in the future: how long ago those moves
 * were nobody knows, so they count towards the hour and not towards the cool-down.
 */
export const recentMoves = (moves: readonly EpochMs[], now: EpochMs): readonly EpochMs[] =>
  moves.filter((at) => now - at < hourMs).map((at) => (at > now ? now : at));

/** The moves that the clock agrees are past. */
const pastMoves = (moves: readonly EpochMs[], now: EpochMs): readonly EpochMs[] => moves.filter((at) => at <= now);
