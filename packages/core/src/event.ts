import { type Blamed, blamedKey, blamedSentence } from "./blamed.ts";
import { formatCause } from "./cause.ts";
import type { ChannelConfig } from "./config.ts";
import { formatDate } from "./date.ts";
import type { Decision } from "./decision.ts";
import { type Fence, formatFence } from "./fence.ts";
import type { AgentName, ChannelName, EpochMs, Opinion, ServiceName, SiteName } from "./model.ts";
import { type Override, overrideCommand } from "./override.ts";
import { formatPlacement, type Placement } from "./placement.ts";
import type { SituationKind } from "./situation.ts";
import type { Tally } from "./tally.ts";
import type { TargetKey } from "./target.ts";
import type { TrafficState } from "./traffic/report.ts";
import { type Verdict, verdictWord } from "./verdict.ts";
import { formatWeights } from "./weights.ts";

/** What happened, as data. The journal keeps it, the log prints it with `sentence`, reports read their timeline from it. */
export type Event =
  | {
      readonly kind: "suspected";
      readonly target: TargetKey;
      readonly agent: AgentName;
      readonly failingSince: EpochMs;
      readonly detail: string;
    }
  | {
      readonly kind: "vote-changed";
      readonly target: TargetKey;
      readonly agent: AgentName;
      readonly from: Opinion;
      readonly to: Opinion;
    }
  /** So many of one kind came at once that the rest of them is told in sum. */
  | { readonly kind: "untold"; readonly what: string; readonly count: number }
  /** The gateways of the target's own site began to send its users elsewhere, or ceased to. `from` absent: nothing was said. */
  | {
      readonly kind: "traffic-changed";
      readonly target: TargetKey;
      readonly agent: AgentName;
      readonly from?: TrafficState;
      readonly to: TrafficState;
      readonly because: string;
    }
  | {
      readonly kind: "verdict-changed";
      readonly target: TargetKey;
      readonly from: Verdict;
      readonly to: Verdict;
      readonly tally: Tally;
    }
  /** An alarm: trouble in several places at once, for which no site is to blame. Until it ended no degraded site is left for it. */
  | { readonly kind: "blamed"; readonly what: Blamed }
  | { readonly kind: "blame-ended"; readonly what: Blamed }
  | { readonly kind: "vantage-lost"; readonly domain: SiteName }
  | { readonly kind: "vantage-back"; readonly domain: SiteName }
  | { readonly kind: "stale-inputs"; readonly fresh: number; readonly needed: number }
  | { readonly kind: "inputs-fresh"; readonly fresh: number }
  | {
      readonly kind: "situation-changed";
      readonly service: ServiceName;
      readonly from: SituationKind;
      readonly to: SituationKind;
    }
  | { readonly kind: "decided"; readonly decision: Decision }
  | {
      readonly kind: "held";
      readonly service: ServiceName;
      readonly wanted: Placement;
      readonly rule: string;
      readonly because: string;
    }
  /** Too many automatic moves: until an operator looks, only evacuation moves the service. */
  | { readonly kind: "latched"; readonly service: ServiceName; readonly moves: number }
  | { readonly kind: "released"; readonly service: ServiceName; readonly by: string }
  /** The split of a service's users over its channels changed. It is no decision about a place, but takes a number as one does. */
  | {
      readonly kind: "weights-set";
      readonly service: ServiceName;
      readonly sequence: number;
      readonly from: readonly ChannelConfig[];
      readonly to: readonly ChannelConfig[];
      /** How many of the 10,000 slots have another owner now: users who move. */
      readonly movedSlots: number;
      /** Channels that get users though no pool of theirs is known to serve. Absent: none. */
      readonly unproven?: readonly ChannelName[];
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "override-set"; readonly override: Override }
  | { readonly kind: "override-ended"; readonly id: string; readonly because: OverrideEnd }
  | { readonly kind: "quarantined"; readonly service: ServiceName; readonly site: SiteName; readonly because: string }
  | {
      readonly kind: "readmitted";
      readonly service: ServiceName;
      readonly site: SiteName;
      readonly because: "operator" | "clean-check-run";
    }
  | {
      readonly kind: "refused";
      readonly command: string;
      readonly by: string;
      readonly code: string;
      readonly because: string;
    }
  | {
      readonly kind: "rule-overridden";
      readonly service: ServiceName;
      readonly rule: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "config-applied"; readonly revision: number; readonly by: string }
  | { readonly kind: "keyset-taken"; readonly version: number; readonly revoked: readonly string[] }
  | { readonly kind: "leader-elected"; readonly arbiter: string; readonly epoch: number }
  | { readonly kind: "leader-resigned"; readonly arbiter: string; readonly epoch: number; readonly because: string }
  /** Without enough fresh votes it may ask for the lease all the same, for a minute: an operator says that it isn't the one cut off. */
  | { readonly kind: "lead-forced"; readonly arbiter: string; readonly by: string; readonly reason: string }
  | {
      readonly kind: "adopted";
      readonly fence: Fence;
      readonly from: string;
      /** Overrides that what is served contradicts. */
      readonly ended?: readonly string[];
    }
  | { readonly kind: "diverged"; readonly detail: string }
  /** The leader has lost the store, and goes on by the promises of the others. */
  | { readonly kind: "failsafe-entered"; readonly epoch: number; readonly promisedBy: readonly string[] }
  | { readonly kind: "failsafe-ended"; readonly epoch: number; readonly because: string }
  /** What was decided in failsafe has come into the store. As a record alone: another leader had come first. */
  | {
      readonly kind: "written-back";
      readonly leader: string;
      readonly epoch: number;
      readonly number: number;
      readonly isRecordOnly: boolean;
    }
  | { readonly kind: "applied"; readonly nameserver: string; readonly fence: Fence }
  | { readonly kind: "gateway-applied"; readonly gateway: string; readonly fence: Fence }
  | {
      readonly kind: "verified";
      readonly service: ServiceName;
      readonly fence: Fence;
      readonly servers: readonly string[];
      readonly missing: readonly string[];
    };

/** `replaced` by one like it, or gone with what `config` took away. */
export type OverrideEnd = "expired" | "undone" | "replaced" | "config";

export type EventKind = Event["kind"];

/** An event with its place and date in the journal. */
export type JournalEntry = { readonly id: number; readonly at: EpochMs; readonly by: string; readonly event: Event };

/** The event in one sentence, for the log, the CLI and the console. */
export function sentence(event: Event): string {
  switch (event.kind) {
    case "suspected":
      return `${event.agent} sees ${event.target} fail: ${event.detail}`;
    case "vote-changed":
      return `${event.agent} now holds ${event.target} to be ${event.to} (was ${event.from})`;
    case "untold":
      return `${event.count} more of ${event.what} at once are not told one by one`;
    case "traffic-changed":
      return `${event.agent} hears that ${event.target} is ${event.to} (was ${event.from ?? "unheard"}): ${event.because}`;
    case "verdict-changed":
      return `${event.target} is ${verdictWord(event.to)} (was ${event.from.kind}), because ${event.to.because}: ${tallySentence(event.tally)}`;
    case "blamed":
      return `${blamedSentence(event.what)}; no degraded site is left for it`;
    case "blame-ended":
      return `no longer to blame: ${blamedKey(event.what)}`;
    case "vantage-lost":
    case "vantage-back":
    case "stale-inputs":
    case "inputs-fresh":
      return vantageSentence(event);
    case "situation-changed":
      return `${event.service}: ${event.to} (was ${event.from})`;
    case "decided":
      return decisionSentence(event.decision);
    case "held":
      return `${event.service} would move to ${formatPlacement(event.wanted)}, held by ${event.rule}: ${event.because}`;
    case "latched":
      return `${event.service} is latched to manual after ${event.moves} automatic moves within an hour; an operator must look`;
    case "released":
      return `${event.by} released the latch of ${event.service}`;
    case "weights-set":
      return weightsSentence(event);
    case "override-set":
    case "override-ended":
      return overrideEventSentence(event);
    case "quarantined":
    case "readmitted":
      return quarantineSentence(event);
    case "refused":
      return `refused ${event.command} by ${event.by}: ${event.code}, ${event.because}`;
    case "rule-overridden":
      return `${event.by} overrode ${event.rule} for ${event.service}: ${event.reason}`;
    case "config-applied":
      return `config revision ${event.revision} applied by ${event.by}`;
    case "keyset-taken":
      return `keyset ${event.version} is in force; revoked: ${event.revoked.join(", ") || "none"}`;
    case "leader-elected":
    case "leader-resigned":
    case "lead-forced":
      return leaderSentence(event);
    case "adopted":
      return `adopted ${formatFence(event.fence)} from ${event.from}: it is newer than the store${endedSentence(event.ended)}`;
    case "diverged":
      return `diverged, frozen until an operator chooses: ${event.detail}`;
    case "failsafe-entered":
    case "failsafe-ended":
    case "written-back":
      return failsafeSentence(event);
    case "applied":
    case "gateway-applied":
      return appliedSentence(event);
    case "verified":
      return `${event.service}: ${event.servers.length} nameservers answer by ${formatFence(event.fence)}${event.missing.length > 0 ? `, not reached: ${event.missing.join(", ")}` : ""}`;
    default:
      return event satisfies never;
  }
}

type VantageEvent = Extract<Event, { kind: "vantage-lost" | "vantage-back" | "stale-inputs" | "inputs-fresh" }>;

function vantageSentence(event: VantageEvent): string {
  switch (event.kind) {
    case "vantage-lost":
      return `no fresh vote from ${event.domain} any more`;
    case "vantage-back":
      return `${event.domain} votes again`;
    case "stale-inputs":
      return `only ${event.fresh} of the ${event.needed} fresh vantages needed; nothing moves by itself until they are back`;
    case "inputs-fresh":
      return `${event.fresh} vantages are fresh; automation is on again`;
    default:
      return event satisfies never;
  }
}

const overrideEventSentence = (event: Extract<Event, { kind: "override-set" | "override-ended" }>): string =>
  event.kind === "override-set" ? overrideSentence(event.override) : `override ${event.id} ended (${event.because})`;

const quarantineSentence = (event: Extract<Event, { kind: "quarantined" | "readmitted" }>): string =>
  event.kind === "quarantined"
    ? `${event.site} is quarantined for ${event.service}: left as ${event.because}`
    : `${event.site} may serve ${event.service} again (${event.because})`;

function leaderSentence(event: Extract<Event, { kind: "leader-elected" | "leader-resigned" | "lead-forced" }>): string {
  if (event.kind === "lead-forced")
    return `${event.by} lets ${event.arbiter} lead without enough fresh vantages: ${event.reason}`;
  if (event.kind === "leader-elected") return `${event.arbiter} leads, epoch ${event.epoch}`;
  return `${event.arbiter} no longer leads epoch ${event.epoch}: ${event.because}`;
}

function failsafeSentence(
  event: Extract<Event, { kind: "failsafe-entered" | "failsafe-ended" | "written-back" }>,
): string {
  if (event.kind === "failsafe-entered")
    return `the store is away: epoch ${event.epoch} goes on in failsafe, by promises of ${event.promisedBy.join(", ")}`;
  if (event.kind === "failsafe-ended") return `failsafe of epoch ${event.epoch} ended: ${event.because}`;
  const record = event.isRecordOnly ? "; another leader had come first, so it is a record alone" : "";
  return `wrote back what ${event.leader} did in failsafe, epoch ${event.epoch}, entry ${event.number}${record}`;
}

const appliedSentence = (event: Extract<Event, { kind: "applied" | "gateway-applied" }>): string =>
  event.kind === "applied"
    ? `${event.nameserver} serves ${formatFence(event.fence)}`
    : `${event.gateway} routes by ${formatFence(event.fence)}`;

const endedSentence = (ended: readonly string[] = []): string =>
  ended.length > 0 ? `, and contradicts the overrides ${ended.join(", ")}, which end` : "";

const decisionSentence = (decision: Decision): string =>
  `${decision.service}: ${formatPlacement(decision.from)} → ${formatPlacement(decision.to)} (${formatCause(decision.cause)}), because ${decision.because}`;

export const tallySentence = (tally: Tally): string =>
  `${tally.healthy} healthy, ${tally.degraded} degraded, ${tally.down} down, ${tally.unknown} unknown of ${tally.electorate}`;

function weightsSentence(event: Extract<Event, { kind: "weights-set" }>): string {
  const { service, from, to, movedSlots, unproven = [], by, reason } = event;
  const moved = `${movedSlots / 100} % of the users move`;
  const doubt = unproven.length > 0 ? `; no pool of ${unproven.join(", ")} is known to serve` : "";
  return `${by} set the weights of ${service} to ${formatWeights(to)} (were ${formatWeights(from)}), ${moved}${doubt}: ${reason}`;
}

function overrideSentence(override: Override): string {
  const until = formatDate(override.until);
  return `${override.by} set ${overrideCommand(override)} for ${override.service ?? "every service"} until ${until}: ${override.reason}`;
}
