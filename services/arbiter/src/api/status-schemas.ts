import { opinions, situationKinds } from "@sluice/core";
import Type from "typebox";
import { OverrideReply } from "./event-schemas.ts";
import {
  closed,
  epoch,
  fenceText,
  flag,
  listOf,
  oneOf,
  opinion,
  orNull,
  refTo,
  shared,
  text,
  traffic,
  whole,
} from "./fields.ts";

/*
 * What `status` and `explain` answer. The values are made in status.ts and explain.ts; a test holds real answers to these
 * schemas, which are closed, so neither can have a field that the other doesn't know.
 */

const whyNotCounted = orNull(
  oneOf(["silent", "stale", "other-revision", "cut-off", "stalled", "starting"]),
  "Why its votes don't count now; null when they do.",
);

const Vantage = shared(
  "Vantage",
  { agent: text(), site: text("Its failure domain."), isFresh: flag("Its votes count now."), because: whyNotCounted },
  "An agent, as one vantage.",
);

const standbyHealth = oneOf([...opinions, "warming"], "`warming`: down, and nobody has found it well yet.");

const Standby = shared(
  "Standby",
  { site: text(), isReady: flag("It could take over now."), health: standbyHealth, isQuarantined: flag() },
  "A site that could take over.",
);

const trafficOrNull = orNull(traffic, "What the site's own gateways say; null: they say nothing.");

const PoolStatus = shared(
  "PoolStatus",
  {
    target: text("pool:chat/stable@site-a."),
    verdict: opinion,
    because: text("Of the verdict."),
    traffic: trafficOrNull,
  },
  "One channel in one site. The default channel's pools steer DNS; the others are shown.",
);

const Brake = shared(
  "StandingBrake",
  {
    rule: text("cool-down, moves-per-hour, change-budget, quarantine … docs/situations.md explains each."),
    because: text("In a sentence."),
    until: orNull(epoch, "When it lets go if nothing changes; null: when something changes, or an operator acts."),
    isHolding: flag("It holds back a move that is wanted now; otherwise it would."),
  },
  "A brake that stands on a service.",
);

const serviceFields = {
  service: text(),
  host: text("The name that clients ask for."),
  situation: oneOf(situationKinds, "docs/situations.md explains each."),
  served: text("What is answered: a site, or sites with their shares."),
  base: text("What automation would have answered without overrides."),
  isForced: flag("An override makes what is served differ from the base."),
  isHome: flag("The base is where the policy wants it."),
  standby: listOf(refTo(Standby), "In the policy's order."),
  pools: listOf(refTo(PoolStatus)),
  held: orNull(text(), "The brake that holds a move back now, with its rule before the colon."),
  brakes: listOf(refTo(Brake), "What holds it back, or would; what holds a move back now comes first."),
  latchedAt: orNull(epoch, "Since when too many moves have latched it to manual; an operator must look."),
  overrides: listOf(text(), "Ids of the overrides that bear on it."),
  channels: listOf(
    closed({ channel: text(), weight: Type.Number({ minimum: 0, description: "Parts of the sum of weights." }) }),
    "The default channel first.",
  ),
  pinnedChannel: orNull(text(), "The channel that an operator holds everybody to."),
};

const ServiceStatus = shared("ServiceStatus", serviceFields, "Where a service is, and how it stands.");

const NameserverStatus = shared(
  "NameserverStatus",
  {
    nameserver: text(),
    site: text(),
    fence: orNull(fenceText, "What it last said that it serves, to this arbiter."),
    isCurrent: flag("It serves this arbiter's snapshot."),
    seenAgoMs: orNull(Type.Number(), "Time since it last asked this arbiter. Milliseconds; null: never."),
  },
  "A nameserver, as this arbiter heard from it.",
);

export const GatewayStatus = shared(
  "GatewayStatus",
  {
    gateway: text(),
    site: text(),
    fence: orNull(fenceText, "What it last said that it routes by, to this arbiter."),
    isCurrent: flag("It routes by this arbiter's snapshot."),
    seenAgoMs: orNull(Type.Number(), "Time since it last asked this arbiter. Milliseconds; null: never."),
  },
  "A gateway, as this arbiter heard from it.",
);

const SiteStatus = shared(
  "SiteStatus",
  {
    site: text(),
    role: oneOf(["serving", "witness"]),
    edge: orNull(opinion, "The quorum's verdict on its front door; null when none is looked at."),
  },
  "A site.",
);

const who = {
  arbiter: text("Who answers."),
  isLeading: flag("The one who answers leads, and may write."),
  isFailsafe: flag(
    "It leads without the store, by promises of the others: only a site that is down is left by itself.",
  ),
  fence: orNull(fenceText, "The snapshot that it hands out."),
};

export const Status = shared(
  "Status",
  {
    installation: text(),
    ...who,
    failsafeEntries: whole("Decisions taken in failsafe that are kept here until the store has them."),
    whyNotReady: orNull(text(), "Why this arbiter could not take the lead now."),
    leader: orNull(text(), "Who holds the lease, as far as this arbiter has seen. It may be dead for some seconds."),
    epoch: whole("Of the lease."),
    configRevision: whole("0 is the file that the processes were started with."),
    quorum: closed(
      { domains: whole("Configured."), fresh: whole("With a fresh vote."), needed: whole("A majority.") },
      "Below `needed` nothing moves by itself and nobody is elected.",
    ),
    vantages: listOf(refTo(Vantage)),
    sites: listOf(refTo(SiteStatus)),
    services: listOf(refTo(ServiceStatus)),
    nameservers: listOf(refTo(NameserverStatus)),
    gateways: listOf(refTo(GatewayStatus)),
    overrides: listOf(refTo(OverrideReply), "Those that stand."),
    blamed: listOf(
      text(),
      "What is to blame now in place of single sites, in sentences. No degraded site is left for it.",
    ),
  },
  "What matters at night.",
);

const VoteReply = shared(
  "ExplainedVote",
  { agent: text(), opinion, because: whyNotCounted, detail: orNull(text(), "What its last failed look met.") },
  "One agent's vote on a target.",
);

const TargetReply = shared(
  "ExplainedTarget",
  {
    target: text("edge:site-a, or pool:chat/stable@site-a."),
    verdict: orNull(closed({ kind: opinion, because: text() }), "The quorum's."),
    since: orNull(epoch, "When the verdict became so."),
    tally: text("The votes counted, in a sentence."),
    traffic: trafficOrNull,
    votes: listOf(refTo(VoteReply)),
  },
  "A target that bears on the service.",
);

const SiteReply = shared(
  "ExplainedSite",
  {
    site: text(),
    kind: opinion,
    because: text(),
    detail: Type.Optional(text("The numbers of the site's own gateways, where they decided it.")),
    target: text("The target that decided it."),
    healthyForMs: Type.Number({ description: "Without a break. Milliseconds." }),
    isServing: flag(),
    quarantinedSince: orNull(epoch, "Until it is readmitted, it is no target of a move."),
  },
  "How fit a site is to serve the service.",
);

const Answer = shared(
  "Answer",
  { site: text(), share: Type.Number({ minimum: 0 }), addresses: listOf(text()) },
  "One is chosen per query, by share.",
);

export const Explained = shared(
  "Explained",
  {
    ...who,
    ...serviceFields,
    answers: listOf(refTo(Answer), "What nameservers answer by the snapshot."),
    ttlSeconds: whole(),
    policy: oneOf(["failover", "weighted"]),
    failback: oneOf(["manual", "auto-after"]),
    allBad: oneOf(["lastKnownGood", "failOpen", "sorry"], "What is answered when nothing ranks."),
    sites: listOf(refTo(SiteReply)),
    targets: listOf(refTo(TargetReply)),
    standing: listOf(refTo(OverrideReply), "Overrides that bear on it."),
    lastDecision: orNull(
      closed({ sequence: whole(), at: epoch, because: text(), cause: text("In words.") }),
      "The last decision about it.",
    ),
  },
  "What a name is answered, and why.",
);

/** Every shared schema here, for the document's components. */
export const statusSchemas = [
  Brake,
  Vantage,
  Standby,
  PoolStatus,
  ServiceStatus,
  NameserverStatus,
  GatewayStatus,
  SiteStatus,
  Status,
  VoteReply,
  TargetReply,
  SiteReply,
  Answer,
  Explained,
] as const;
