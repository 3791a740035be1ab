import { type Blamed, blamedSentence } from "./blamed.ts";
import type { GuardSettings } from "./config.ts";
import type { WhyNot } from "./guard.ts";
import type { ChannelName, Opinion, ServiceName, SiteName } from "./model.ts";

/** What may hold automation back, in the order in which it is asked. Operators' moves are held by none of them. */
export const brakeRules = [
  "freeze",
  "pin",
  "failsafe",
  "second-site",
  "suspected",
  "common-mode",
  "moves-per-hour",
  "cool-down",
  "change-budget",
  "capacity",
] as const;
export type BrakeRule = (typeof brakeRules)[number];
export type Braked = WhyNot<BrakeRule>;

export const hourMs = 3_600_000;
/** How long a lost site, or a moved service, is remembered for all the others. Unit: milliseconds. */
export const windowMs = 600_000;

/**
 * The brakes of one service on an automatic move that is not an evacuation: its latch, and its cool-down. `agesMs` say how long
 * ago its automatic moves were, by the cycle's time.
 */
export function whyNotAgain(
  of: { readonly agesMs: readonly number[]; readonly isLatched: boolean },
  settings: Pick<GuardSettings, "cooldownMs" | "movesPerHourMax">,
): Braked | undefined {
  if (of.isLatched) {
    const because = `${settings.movesPerHourMax} automatic moves within an hour latched it to manual; an operator must look`;
    return { rule: "moves-per-hour", because };
  }
  const leftMs = settings.cooldownMs - Math.min(...of.agesMs);
  if (leftMs <= 0 || of.agesMs.length === 0) return undefined;
  return { rule: "cool-down", because: `it moved a moment ago; ${seconds(leftMs)} of the cool-down are left`, leftMs };
}

/** Whether a move more latches a service to manual. Evacuations are counted too, though the latch doesn't hold them. */
export const isLatching = (agesMs: readonly number[], settings: Pick<GuardSettings, "movesPerHourMax">): boolean =>
  agesMs.filter((ago) => ago < hourMs).length >= settings.movesPerHourMax;

/**
 * The brake on leaving a degraded site while something else than the site is to blame, and on every other move while that is
 * ourselves. A site that is down is left all the same: whatever made it so, nobody is served there.
 */
export function whyNotCommonMode(
  blamed: readonly Blamed[],
  of: { readonly service: ServiceName; readonly channel: ChannelName; readonly isLeaving: boolean },
): Braked | undefined {
  const what = blamed.find(
    (entry) =>
      entry.kind === "ourselves" || (of.isLeaving && entry.service === of.service && entry.channel === of.channel),
  );
  return what && { rule: "common-mode", because: blamedSentence(what) };
}

/**
 * The brake on evacuation. Losing a second site so soon is more likely our own mistake than the world's, so only a
 * service with nothing healthy left in its answers leaves it. `left` are the sites that services left as down, and how long ago.
 */
export function whyNotSecondSite(
  site: SiteName,
  left: Iterable<readonly [SiteName, number]>,
  answered: readonly Opinion[],
): Braked | undefined {
  if (!answered.includes("healthy")) return undefined;
  for (const [first, agoMs] of left) {
    const leftMs = windowMs - agoMs;
    if (first === site || leftMs <= 0) continue;
    const because = `${first} was evacuated within 10 min and it still has something healthy; ${seconds(leftMs)} are left`;
    return { rule: "second-site", because, leftMs };
  }
  return undefined;
}

/**
 * The change budget: so many services, and one at least, may be moved within 10 min for other reasons than evacuation.
 * `recent` are the ages of the moves of the other services.
 */
export function whyNotBudget(
  recent: readonly number[],
  services: number,
  { movedShareMax }: Pick<GuardSettings, "movedShareMax">,
): Braked | undefined {
  const allowed = Math.max(1, Math.floor(services * movedShareMax));
  const blocking = recent[recent.length - allowed];
  if (blocking === undefined) return undefined;
  const leftMs = windowMs - blocking;
  const because = `${recent.length} of ${services} services moved within 10 min, and ${allowed} may; ${seconds(leftMs)} are left`;
  return { rule: "change-budget", because, leftMs };
}

/** Those of the window, oldest first. Unit: milliseconds. */
export const recentAges = (agesMs: readonly number[]): number[] =>
  agesMs.filter((ago) => ago < windowMs).sort((one, other) => other - one);

/**
 * The brake on giving a site more than it can carry. `sites` are those that would get more, with what they would carry then. An
 * evacuation moves at once: gateways shed by priority what is too much, and that beats a dead site.
 */
export function whyNotCapacity(
  sites: readonly { readonly site: SiteName; readonly load: number; readonly capacity: number | undefined }[],
): Braked | undefined {
  const full = sites.find(({ load, capacity }) => capacity !== undefined && load > capacity);
  if (!full) return undefined;
  const because = `${full.site} would carry ${rounded(full.load)} and has a capacity of ${full.capacity}`;
  return { rule: "capacity", because };
}

const rounded = (load: number): number => Math.round(load * 100) / 100;
const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
