import type { PoolTraffic, RequestOutcome, VariantRule } from "./words.ts";

/**
 * A data plane under test, seen from outside: an address per site, and what an operator says to it. Two sites, each with a
 * gateway of its own, stand before the same service; everything behind them belongs to the test.
 */
export interface Plane {
  /** Where the clients of a site go. */
  at(site: string): Door;
  /** Shares of the channels, in any unit: what counts is their proportion. */
  setWeights(weights: Weights): Promise<Change>;
  setVariant(rule: VariantRule): Promise<Change>;
  /** An operator's word: everybody without a variant header goes there. */
  pin(channel: string | undefined): Promise<Change>;
  /** New requests at this site go to the other; what is under way ends within the grace. */
  drain(site: string): Promise<Change>;
  undrain(site: string): Promise<Change>;
  /** A gateway itself is emptied: it bids its clients go, and still serves those who come. */
  bidGo(site: string): Promise<void>;
  takeBack(site: string): Promise<void>;
  /** Requests and streams under way at a gateway. */
  residual(site: string): Promise<number>;
  /** Other endpoints for one pool. */
  setEndpoints(pool: PoolName, endpoints: readonly string[]): Promise<Change>;
  /** What a site's gateway holds of its pools. */
  traffic(site: string): Promise<readonly PoolTraffic[]>;
  /** How the requests to a pool have ended, by what a site's gateway counted since its start. */
  counts(site: string, pool: PoolName): Promise<Counts>;
  /** What an agent of the site saw of a pool of it: so many good looks in a row, or failed ones. */
  look(pool: PoolName, looks: { readonly goodInRow: number; readonly failedInRow: number }): Promise<void>;
  /** Where the gateway says that a request with these headers would go. */
  explain(site: string, headers: Readonly<Record<string, string>>): Promise<Explanation>;
  /** Memory that a site's gateway holds at the moment. Unit: bytes. */
  residentBytes(site: string): Promise<number>;
  /** The control plane is gone without a word, or is back with what it knew. */
  killControlPlane(): Promise<void>;
  restartControlPlane(): Promise<void>;
  /** The control plane offers something that must be refused. Resolves once every gateway has seen it. */
  offerBad(what: BadOffer): Promise<void>;
  /** A site's gateway is told to end, as by SIGTERM, and is gone when this resolves. */
  stop(site: string): Promise<void>;
  /** A site's gateway dies at once, as by SIGKILL. */
  kill(site: string): Promise<void>;
  /** It starts again with what it left on its disk. */
  start(site: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One kind of data plane: how it is started, and what it can't do. */
export interface PlaneKind {
  readonly name: string;
  /** Why nothing can be run against it here: the sentence to skip with. */
  readonly missing?: string;
  /** What it can't do, each with the reason, which its tests are skipped with. */
  readonly lacks: Partial<Record<Capability, string>>;
  start(shape: PlaneShape): Promise<Plane>;
}

/** What a scenario may need of a plane. */
export type Capability = (typeof capabilities)[number];
export const capabilities = [
  /** Weights change at run time, without a restart and without a lost request. */
  "weights",
  /** Users are spread by slots that are given back in the order they came (LIFO). */
  "slots",
  /** A header names the channel. */
  "variant",
  /** A variant that nobody serves is refused with a reason, or falls back and says so. */
  "variant-dead",
  "pin",
  "tls",
  /** HTTP/2 without TLS from clients, beside HTTP/1.1 on one port. */
  "h2c",
  /** HTTP/1.1 to the letter: what is merely readable is refused. */
  "strict-http1",
  /** A length that HTTP/2's frames don't bear out is refused. */
  "h2-lengths",
  "grpc",
  /** A backend may close its HTTP/2 connection, orderly, without a failed request. */
  "goaway",
  "websocket",
  /** A user stays at one endpoint, and a fifth endpoint takes no more than its share. */
  "affinity",
  /** When the pools of its site are gone, it goes to the other site's. */
  "site-failover",
  /** It judges pools by the statistics of §3.4 to §3.6. */
  "statistics",
  /** It tells what it holds of its pools. */
  "traffic",
  /** It counts how requests ended, and tells broken from saturated. */
  "counts",
  "retry",
  /** It gives requests a traceparent and an id where they have none. */
  "tracing",
  /** Headers that the client names in `Connection` stay between them. */
  "connection-options",
  "drain",
  "explain",
  "endpoints",
  /** A control plane of its own, that may die and come back. */
  "control-plane",
  /** It serves signed, fenced snapshots, and refuses bad ones. */
  "snapshots",
  "memory",
] as const;

/** Where clients go: plain HTTP and TLS on one address. */
export type Door = {
  readonly host: string;
  readonly port: number;
  /** Absent where the plane has no TLS. `ca`: PEM. */
  readonly tls?: { readonly port: number; readonly ca: string };
};

export type Weights = Readonly<Record<string, number>>;

/** `stable@site-a`. */
export type PoolName = `${string}@${string}`;

/** A change that the control plane has taken. */
export type Change = {
  /** Resolves when every gateway that runs says that it serves it. */
  applied(): Promise<void>;
};

export type Counts = { readonly [kind in RequestOutcome["kind"]]: number };

export type Explanation = { readonly channel: string; readonly sites: readonly string[]; readonly because: string };

/** `older`: a fence below the one served. `no-service`, `no-endpoint`: nothing to route to. `unsigned`: by a key that may not. */
export type BadOffer = (typeof badOffers)[number];
export const badOffers = ["older", "no-service", "no-endpoint", "unsigned", "foreign"] as const;

/** What is started: two sites, their pools, and how the service is routed. */
export type PlaneShape = {
  /** A /24 of loopback of this test's own, `127.77.12`. Gateways take `.1`, `.2`, … in the order of the sites. */
  readonly net: string;
  readonly sites: readonly string[];
  readonly service: string;
  /** The host that clients ask for. */
  readonly host: string;
  readonly weights: Weights;
  readonly pools: ReadonlyMap<PoolName, readonly string[]>;
  /** What the pools speak to requests that aren't gRPC. */
  readonly protocol: "http1" | "h2c";
  readonly affinityHeaders: readonly string[];
  readonly variant?: VariantRule;
  readonly drainGraceMs: number;
  /**
   * How many times faster than real its windows and holds pass, so that a minute's statistics can be seen in seconds.
   * Latencies stay as they are. A plane that can't is run at 1.
   */
  readonly speed: number;
};

/** The verbs that a plane lacks, each failing plainly: a scenario that calls one forgot to say that it needs it. */
export function lacking<V extends Verb>(name: string, verbs: readonly V[]): Pick<Plane, V> {
  const refuse = (verb: Verb) => (): Promise<never> => Promise.reject(new Error(`${name} can't ${verb}`));
  return Object.fromEntries(verbs.map((verb) => [verb, refuse(verb)])) as unknown as Pick<Plane, V>;
}

type Verb = Exclude<
  { [K in keyof Plane]: Plane[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof Plane],
  symbol
>;
