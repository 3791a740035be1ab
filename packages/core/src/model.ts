/**
 * The words of Sluice, and no synonyms: code, API, config, logs and docs use these.
 *
 * site         a place that can serve: one cluster, one failure domain
 * witness      a place that only observes; the third vantage that breaks ties
 * service      a global hostname with a policy
 * channel      a release line of a service: stable, canary
 * pool         the endpoints of one channel in one site
 * agent        the probe process in a site or witness: one vantage, one vote for its failure domain
 * observation  one look at one target
 * health       an agent's debounced opinion of a target
 * vote         that opinion, numbered, dated and signed
 * tally        the votes counted
 * verdict      what the quorum says: healthy, degraded, down, unknown
 * situation    a named state of a service, worked out before any action
 * decision     what we will do, and because of what
 * plan         the changes that carry it out
 * verification what the world answers afterwards
 * fence        (installation, epoch, sequence): travels with every write and never goes backwards
 * override     an operator's word: pin, drain, freeze
 * failover     an unplanned move · switchover a planned one · failback the way home
 */

declare const brand: unique symbol;

/** Wall-clock time. Unit: milliseconds since 1970-01-01T00:00Z. Only for dating things, never for measuring freshness. */
export type EpochMs = number & { readonly [brand]: "EpochMs" };

/** A process's own monotonic clock. Unit: milliseconds since an arbitrary start. Only differences mean anything. */
export type MonoMs = number & { readonly [brand]: "MonoMs" };

export const epochMs = (value: number): EpochMs => value as EpochMs;
export const monoMs = (value: number): MonoMs => value as MonoMs;

export type SiteName = string;
export type ServiceName = string;
export type ChannelName = string;
export type AgentName = string;

/** What a quorum, or an agent, holds to be true of a target. `unknown` is never `down`. */
export const opinions = ["healthy", "degraded", "down", "unknown"] as const;
export type Opinion = (typeof opinions)[number];
