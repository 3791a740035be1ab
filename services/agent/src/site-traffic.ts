import { combineTraffic, type TargetKey, type Traffic, type TrafficReply, type Voice, type Vote } from "@sluice/core";

/** Numbers that are older than this many intervals say nothing of now. */
const freshIntervals = 4;

/** What the gateways of the agent's own site said of its pools, as long as it is fresh. All times are monotonic milliseconds. */
export interface SiteTraffic {
  /** Who may speak, and of which pools. What others said is forgotten. */
  configure(of: {
    readonly gateways: readonly string[];
    readonly pools: readonly TargetKey[];
    readonly intervalMs: number;
  }): void;
  /** A gateway answered what it was asked at `askedAt`. True when the site now says otherwise of a pool. */
  hear(reply: TrafficReply, askedAt: number): boolean;
  /** The votes, with what the site says of its own pools. */
  addTo(votes: readonly Vote[], now: number): readonly Vote[];
}

type Said = { readonly askedAt: number; readonly pools: ReadonlyMap<TargetKey, Omit<Voice, "name">> };

export function makeSiteTraffic(): SiteTraffic {
  let order: readonly string[] = [];
  let pools: ReadonlySet<TargetKey> = new Set();
  let ageMaxMs = 0;
  const said = new Map<string, Said>();

  function freshOf(gateway: string, now: number): Said | undefined {
    const found = said.get(gateway);
    return found && now - found.askedAt <= ageMaxMs ? found : undefined;
  }

  function trafficOf(target: TargetKey, now: number): Traffic | undefined {
    const voices = order.flatMap((name): Voice[] => {
      const voice = freshOf(name, now)?.pools.get(target);
      return voice ? [{ name, ...voice }] : [];
    });
    return combineTraffic(voices);
  }

  const statesAt = (now: number): string =>
    JSON.stringify([...pools].map((target) => trafficOf(target, now)?.state ?? null));

  return {
    configure(of) {
      order = of.gateways;
      pools = new Set(of.pools);
      ageMaxMs = of.intervalMs * freshIntervals;
      for (const gateway of said.keys()) if (!order.includes(gateway)) said.delete(gateway);
    },
    hear(reply, askedAt) {
      if (!order.includes(reply.gateway)) return false;
      const before = statesAt(askedAt);
      const earlier = freshOf(reply.gateway, askedAt);
      const own = reply.pools.filter(({ target }) => pools.has(target));
      const voices = own.map(({ target, state, because }) => {
        const lastJudged = state === "insufficient-data" ? earlier?.pools.get(target)?.lastJudged : state;
        const traffic = { state, because: clean(because) };
        return [target, lastJudged === undefined ? { traffic } : { traffic, lastJudged }] as const;
      });
      said.set(reply.gateway, { askedAt, pools: new Map(voices) });
      return statesAt(askedAt) !== before;
    },
    addTo: (votes, now) =>
      votes.map((vote) => {
        const traffic = pools.has(vote.target) ? trafficOf(vote.target, now) : undefined;
        return traffic ? { ...vote, traffic } : vote;
      }),
  };
}

/** It ends up on somebody's terminal, and nobody proved who sent it. */
const clean = (because: string): string => because.replaceAll(/\p{C}/gu, "?");
