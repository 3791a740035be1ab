import type { PoolTraffic, TrafficState } from "./report.ts";

/** What is said of one pool's traffic, without the pool. */
export type Traffic = Pick<PoolTraffic, "state" | "because">;

/** One who speaks of a pool: a gateway to its agent, or an agent to the arbiter. */
export type Voice = {
  readonly name: string;
  readonly traffic: Traffic;
  /** What it said when it last had requests enough. Absent: never, or nobody remembers. */
  readonly lastJudged?: TrafficState;
};

/** All or some of the pool's users are sent elsewhere: this is what a site testifies against itself with. */
export const sendsElsewhere = (state: TrafficState): boolean => state === "tripped" || state === "recovering";

/**
 * What a site says of a pool, given all who speak for it.
 *
 * Intuition: when one of two gateways can't reach a pool and the other can, the pool is well and the one's link is not. It
 * sends its own requests elsewhere at once; moving everybody's DNS for it would be wrong. So a site has tripped only if all who
 * can judge say so, just as a domain of several agents says `down` only if all of them do.
 *
 *   one voice                                               what it says
 *   some send users elsewhere, nobody who judged objects    tripped, or recovering if all of those are
 *   some send users elsewhere, somebody objects             suspect
 *   nobody does                                             suspect, else healthy, else insufficient-data, as far as any says so
 *
 * Who has too few requests doesn't object, and what it last judged stands: a gateway that was well when its traffic thinned out
 * goes on objecting, so that a quiet night moves nothing. Who is silent isn't among the voices at all.
 */
export function combineTraffic(voices: readonly Voice[]): Traffic | undefined {
  const [only, ...more] = voices;
  if (!only || more.length === 0) return only?.traffic;
  const away = voices.filter(({ traffic }) => sendsElsewhere(traffic.state));
  const objector = voices.find((voice) => !away.includes(voice) && isContent(voice));
  const [first] = away;
  if (first && objector) return { state: "suspect", because: cut(`${quote(first)}; but ${quote(objector)}`) };
  const order = ["tripped", "recovering", "suspect", "healthy", "insufficient-data"] as const;
  const worst = order.map((state) => voices.find(({ traffic }) => traffic.state === state)).find((found) => found);
  return worst && { state: worst.traffic.state, because: cut(quote(worst)) };
}

/** It had requests enough, and kept its users. */
const isContent = ({ traffic, lastJudged }: Voice): boolean => {
  const judged = traffic.state === "insufficient-data" ? lastJudged : traffic.state;
  return judged === "healthy" || judged === "suspect";
};

const quote = ({ name, traffic, lastJudged }: Voice): string => {
  const before = traffic.state === "insufficient-data" && lastJudged ? `, ${lastJudged} before` : "";
  return `${name} ${traffic.state}${before}: ${traffic.because}`;
};

const cut = (text: string): string => text.slice(0, 200);
