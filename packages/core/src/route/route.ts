import type { ChannelName, ServiceName, SiteName } from "../model.ts";

/** How many slots users are spread over; one is 0.01 % of them. */
export const slotCount = 10_000;

/** The hash that users are spread by: xxh32 of the UTF-8 text, unsigned, 32 bits. Handed in, since the core has no libraries. */
export type Hash32 = (text: string, seed: number) => number;

/**
 * How requests of one service are routed at layer 7, as a data plane needs it: the matrix channel × site, and which slot
 * belongs to which channel. It travels whole in the snapshot.
 */
export type ServiceRoute = {
  /** The default channel first. Weights as desired, for showing; what counts is `slots`. */
  readonly channels: readonly { readonly name: ChannelName; readonly weight: number }[];
  /** Seed of the users' hash: `slot = xxh32(user, salt) mod 10000`. One per experiment. */
  readonly salt: number;
  /** Who owns slots 0 to 9,999, run by run: index into `channels`, and how many. */
  readonly slots: readonly SlotRun[];
  /** Request headers that name the user; the first one present counts. Lower case. */
  readonly affinityHeaders: readonly string[];
  readonly variant?: VariantRule;
  /** An operator's word: everybody without a variant header goes to this channel. */
  readonly pinnedChannel?: ChannelName;
  /** In the order that requests try them: where the service is placed, then standbys, then what operators drained. */
  readonly sites: readonly RouteSite[];
  readonly pools: readonly RoutePool[];
  /** A session may go on for so long after its gateway was told to drain. Unit: milliseconds. */
  readonly drainGraceMs: number;
};

export type SlotRun = readonly [channel: number, count: number];

/** `placed`: DNS sends clients there. `standby`: the policy knows it. `drained`: an operator sends nobody there. */
export type RouteSite = { readonly site: SiteName; readonly role: "placed" | "standby" | "drained" };

/** A/B by header: a value names a channel, exactly. */
export type VariantRule = {
  /** Lower case; the same name is looked for in gRPC metadata. */
  readonly header: string;
  readonly values: readonly { readonly value: string; readonly channel: ChannelName }[];
  /** What a request for a channel that is served nowhere gets: 503 with a reason, or the split of everybody else. */
  readonly whenDead: "strict" | "fallback";
  /** What an unknown value gets: the split of everybody else, or 400. */
  readonly whenUnknown: "split" | "refuse";
};

export type RoutePool = {
  readonly channel: ChannelName;
  readonly site: SiteName;
  readonly endpoints: readonly string[];
  /** What its endpoints speak to requests that aren't gRPC; gRPC is always spoken over HTTP/2. */
  readonly protocol: "http1" | "h2c";
  /** The pool is slow when its time to first byte, at the 95th percentile, exceeds this, whatever its past. Unit: milliseconds. */
  readonly ttftMaxMs?: number;
};

/** What travels beside the services: where a site's gateway takes requests from the other sites' gateways. */
export type GatewayPeer = {
  readonly name: string;
  readonly site: SiteName;
  /** `host:port` for the hop between sites: HTTP/2 by mutual TLS. */
  readonly hop: string;
};

/** What is routed by: nothing but this, so that `explain` and a request can't differ. */
export type RouteFacts = {
  /** The header's value by its name in lower case, or undefined. Repeated headers are joined by `, `. */
  readonly header: (name: string) => string | undefined;
  /** Uniform in [0, 1), drawn once a request, for those without a user. */
  readonly chance: number;
  /** Set on a request that another site's gateway passed on, which already chose the channel. It is never passed on again. */
  readonly hop?: { readonly from: SiteName; readonly channel: ChannelName };
};

/** What a data plane knows of the pools right now. */
export interface PoolViews {
  /**
   * The share of its users that a pool may serve now, in [0, 1]: 1 healthy, 0 tripped or drained or unreachable, between while
   * it recovers.
   */
  admits(service: ServiceName, channel: ChannelName, site: SiteName): number;
}

/** To be tried in this order; never empty, the first always to be tried. Those after it only by a safe retry. */
export type SitesToTry = readonly [SiteName, ...SiteName[]];

/** Where a request goes, and because of what. */
export type RouteDecision =
  | {
      readonly kind: "route";
      readonly channel: ChannelName;
      readonly because: RouteReason;
      /** The user as found in the affinity headers, cut to 512 characters; undefined when none of them is there. */
      readonly user: string | undefined;
      /** Undefined when no slot was asked: the channel came from a hop, a variant or a pin. */
      readonly slot: number | undefined;
      readonly sites: SitesToTry;
    }
  | {
      readonly kind: "refuse";
      readonly status: 400 | 503;
      /** The value of `x-sluice-reason`. */
      readonly reason: "variant-unavailable" | "variant-unknown" | "no-pool";
      readonly because: string;
    };

export type RouteReason =
  | "variant"
  /** The variant's channel is served nowhere, and the rule says fallback. */
  | "variant-fallback"
  | "pin"
  | "slot"
  /** No user, so a slot was drawn. */
  | "unkeyed"
  /** The slot's channel is served nowhere, so its users go to the default channel for as long. */
  | "channel-dead"
  /** Another site's gateway chose. */
  | "hop";
