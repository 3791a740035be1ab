export { type AcceptResult, acceptSnapshot } from "./accept.ts";
export { type Adoption, adopt, adoptInto, type Found } from "./adopt.ts";
export * from "./ballot-box.ts";
export { type BallotCount, freshMs, votesOn } from "./ballot-count.ts";
export { type Blamed, blamedSentence } from "./blamed.ts";
export { brakeRules } from "./brake.ts";
export { type Cause, formatCause } from "./cause.ts";
export { type Ask, type Command, type CommandResult } from "./command.ts";
export * from "./config.ts";
export { formatDate } from "./date.ts";
export type { Decision } from "./decision.ts";
export { whyNotElectorate } from "./electorate.ts";
export { type ErrorCode, errorCodes, type Problem, SluiceError } from "./errors.ts";
export { type Event, type EventKind, type JournalEntry, sentence, tallySentence } from "./event.ts";
export { compareFence, type Fence, type FenceOrder, formatFence, parseFence } from "./fence.ts";
export { floorRules } from "./guard.ts";
export {
  failuresIn,
  type Health,
  type HealthThresholds,
  isQuickened,
  isSuspect,
  newHealth,
  observe,
  opinionOf,
} from "./health.ts";
export { invariant } from "./invariant.ts";
export {
  type Envelope,
  type EnvelopeKind,
  type KeyEntry,
  type KeyRequest,
  type KeyRole,
  type Keyset,
  keysOf,
  withKeys,
  withoutKeys,
} from "./keyset.ts";
export {
  bid,
  type Held,
  type LeaseRow,
  type LeaseTiming,
  leaseTiming,
  type Sighting,
  sight,
  whyNotWrite,
} from "./lease.ts";
export * from "./model.ts";
export {
  isDrained,
  isExpired,
  isFrozen,
  type Override,
  overlay,
  overrideCommand,
  overridesOf,
  pinnedChannelOf,
} from "./override.ts";
export { formatPlacement, onSite, type Placement, type SiteShare, samePlacement, sitesOf } from "./placement.ts";
export { homeOf } from "./policy/home.ts";
export * from "./promise.ts";
export { domainsMax, majority } from "./quorum.ts";
export { type CompiledRoute, compileRoute, type RoutingSite } from "./route/compile-route.ts";
export { type Draw, type EndpointLoad, loadBoundFactor, pickEndpoint } from "./route/pick-endpoint.ts";
export * from "./route/route.ts";
export { routeRequest } from "./route/route-request.ts";
export { type ChannelWeight, slotCounts } from "./route/slot-counts.ts";
export { compileSlots, ownerOf, slotRuns } from "./route/slot-runs.ts";
export type { SlotOwner, SlotStack, SlotTable } from "./route/slot-table.ts";
export { newSlots, reweigh } from "./route/slots.ts";
export { userLengthMax, userOf } from "./route/user-of.ts";
export { clientFloorMs, type RtoBudget, type RtoTerm, rtoBudget } from "./rto.ts";
export { type SiteHealth, siteHealth } from "./site-health.ts";
export { calmSituations, type SituationKind, situationKinds } from "./situation.ts";
export {
  type AnswerChoice,
  buildSnapshot,
  type ServiceSnapshot,
  type Snapshot,
  serviceSnapshot,
  type ZoneSnapshot,
} from "./snapshot.ts";
export { type StandingBrake, standingBrakes } from "./standing-brakes.ts";
export { type Change, type Input, type Outcome, step } from "./step.ts";
export { tableOf, valueOf } from "./table.ts";
export { type Tally, tally } from "./tally.ts";
export { edgeKey, isPoolKey, poolKey, type Target, type TargetKey, targetKey } from "./target.ts";
export { classify, type RequestEnd } from "./traffic/classify.ts";
export { combineTraffic, sendsElsewhere, type Traffic, type Voice } from "./traffic/combine-traffic.ts";
export { type Blame, blame, type PoolTrip, togetherMs } from "./traffic/common-mode.ts";
export {
  type DroppedReason,
  droppedReasonHeader,
  droppedReasons,
  parseDroppedReason,
} from "./traffic/dropped-reason.ts";
export { type EndpointHealth, type EndpointOutcome, watchEndpoints } from "./traffic/endpoint-health.ts";
export { grpcStatusOf } from "./traffic/grpc-status.ts";
export type { FirstByte } from "./traffic/latency-watch.ts";
export type { FailureReason, RequestOutcome, SaturationReason } from "./traffic/outcome.ts";
export type { PoolHealth } from "./traffic/pool-health.ts";
export { type PoolWatch, type WatchedPool, watchPool } from "./traffic/pool-watch.ts";
export {
  type PoolLook,
  type PoolTraffic,
  type TrafficAsk,
  type TrafficReply,
  type TrafficState,
  trafficStates,
} from "./traffic/report.ts";
export { type AttemptEnd, type AttemptFacts, mayRetry, type NoRetry, type RetryDecision } from "./traffic/retry.ts";
export { makeRetryBudget, type RetryBudget } from "./traffic/retry-budget.ts";
export { type SseEnding, type SseWatch, watchSse } from "./traffic/sse-watch.ts";
export { noVerdict, type Verdict, verdict, verdictWord } from "./verdict.ts";
export type { CountedVote, Report, SelfCheck, Vote } from "./vote.ts";
export { formatWeights, weightsOf, weightsRevision } from "./weights.ts";
export * from "./world.ts";
