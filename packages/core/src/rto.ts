import type { Config, ServiceConfig } from "./config.ts";
import type { Problem } from "./errors.ts";
import { majority } from "./quorum.ts";

export type RtoTerm = { readonly name: string; readonly ms: number; readonly because: string };

export type RtoBudget = {
  readonly terms: readonly RtoTerm[];
  /** Fault until every reachable authoritative server answers anew. Unit: milliseconds. */
  readonly authoritativeMs: number;
  /** With the resolver's TTL and the client's own floor. Unit: milliseconds. */
  readonly totalMs: number;
  /** What the objective is held against: with the client's floor only where the objective reaches beyond it. Unit: milliseconds. */
  readonly promisedMs: number;
  readonly objectiveMs: number;
  readonly meets: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
};

/** Unit: milliseconds. Chromium keeps an address for at least this long, whatever the TTL. */
export const clientFloorMs = 60_000;
const decideMs = 1000;
const applyMs = 2000;
const leaderLossMs = 13_000;
/** Until the next renewal is due, until a silent store is given up, and until a majority has promised. */
const failsafeMs = 6_000;

/**
 * The worst time to recover from a silent fault, as a sum. Two verdicts: authoritative answers plus the resolver's TTL
 * must fit the objective, always; that is all that Sluice can promise, so a tight objective (the lab's 30 s) means just
 * that. An objective above the client floor (60 s) claims to cover browsers too, so there the floor is added; a tighter
 * one warns that browsers stay longer. DNS cannot move a client before its own floor has passed.
 */
export function rtoBudget(config: Config, service: ServiceConfig): RtoBudget {
  const authoritative = authoritativeTerms(config);
  const authoritativeMs = sum(authoritative);
  const ttlMs = service.ttlSeconds * 1000;
  const terms = [
    ...authoritative,
    { name: "resolver", ms: ttlMs, because: "a resolver fetched the old answer just before the change" },
    { name: "client", ms: clientFloorMs, because: "a browser took it from there just before it expired" },
  ];
  const totalMs = sum(terms);
  const objectiveMs = service.rtoSeconds * 1000;
  const coversClients = objectiveMs > clientFloorMs;
  const promisedMs = coversClients ? totalMs : authoritativeMs + ttlMs;
  const meets = promisedMs <= objectiveMs;
  const path = `services[${config.services.indexOf(service)}].rtoSeconds`;
  const message = `${seconds(promisedMs)} in the worst case, more than the objective of ${seconds(objectiveMs)}`;
  const problems = meets ? [] : [{ path, message, hint: "Lower the TTL or the probe times, or raise rtoSeconds." }];
  const browsers = {
    path,
    message: `browsers may stay ${seconds(clientFloorMs)} longer: ${seconds(totalMs)} in all`,
    hint: `An objective of ${Math.ceil(totalMs / 1000)} s or more would cover them too.`,
  };
  return {
    terms,
    authoritativeMs,
    totalMs,
    promisedMs,
    objectiveMs,
    meets,
    problems,
    warnings: coversClients ? [] : [browsers],
  };
}

/**
 * Detection of a fault that swallows packets: up to one interval until a look starts, a deadline until it fails; that
 * quickens the pace to a look each interval/4, none waiting for the one before, so the look that makes `fall` starts
 * (fall - 1) × interval/4 later and costs its own deadline.
 */
function authoritativeTerms(config: Config): readonly RtoTerm[] {
  const { intervalMs, deadlineMs, fall } = config.probes;
  const more = fall > 1 ? ((fall - 1) * intervalMs) / 4 + deadlineMs : 0;
  const serving = new Set(config.sites.filter((site) => site.role === "serving").map((site) => site.name));
  const terms = [
    { name: "detect", ms: intervalMs + deadlineMs + more, because: `${fall} failed looks, the last ones quickened` },
    { name: "decide", ms: decideMs, because: "report, quorum and decision" },
    { name: "apply", ms: applyMs, because: "every nameserver that can be reached takes the snapshot" },
  ];
  const loss = whatIsLost(config, serving);
  return loss ? [...terms, loss] : terms;
}

/** What a serving site takes along: the leader, or the store. */
function whatIsLost({ arbiters, store }: Config, serving: ReadonlySet<string>): RtoTerm | undefined {
  const leader = arbiters[0]?.site;
  const isStoreExposed = serving.has(store.site);
  const isLeaderExposed = leader !== undefined && serving.has(leader);
  const never = isStoreExposed
    ? "; if the store and the arbiter that leads go together, nothing moves until the store is back"
    : "";
  if (isLeaderExposed)
    return { name: "leader", ms: leaderLossMs, because: `the first arbiter is in a serving site${never}` };
  if (!isStoreExposed) return undefined;
  const left = arbiters.filter(({ site }) => site !== store.site).length;
  const canPromise = left > 1 && left >= majority(arbiters.length);
  const because = canPromise
    ? `the store goes with the site, and the other arbiters promise${never}`
    : "the store goes with the site, and too few arbiters are left to promise: nothing moves until it is back";
  return { name: "failsafe", ms: failsafeMs, because };
}

const sum = (terms: readonly RtoTerm[]): number => terms.reduce((total, term) => total + term.ms, 0);
const seconds = (ms: number): string => `${ms / 1000} s`;
