import { CauseSchema, FenceSchema } from "@sluice/contract";
import { type EventKind, situationKinds } from "@sluice/core";
import Type, { type TProperties } from "typebox";
import {
  closed,
  epoch,
  listOf,
  oneOf,
  opinion,
  refTo,
  type Shared,
  shared,
  text,
  traffic,
  trafficState,
  whole,
} from "./fields.ts";

export const OverrideReply = shared(
  "Override",
  {
    id: text("`undo` takes it."),
    kind: oneOf(["pin", "drain", "freeze"]),
    service: Type.Optional(text("Absent: every service.")),
    site: Type.Optional(text("The site pinned to, or drained.")),
    channel: Type.Optional(text("The channel pinned to.")),
    setAt: epoch,
    until: epoch,
    by: text(),
    reason: text(),
  },
  "An operator's word. It beats automation, and always expires.",
);

const Placement: Shared = {
  ...Type.Union([
    closed({
      kind: Type.Literal("sites"),
      shares: listOf(closed({ site: text(), share: Type.Number({ minimum: 0 }) })),
    }),
    closed({ kind: Type.Literal("open"), sites: listOf(text()) }),
    closed({ kind: Type.Literal("sorry") }),
  ]),
  $id: "Placement",
  description: "Where a service's traffic goes.",
};
const placement = refTo(Placement);

const situation = oneOf(situationKinds, "docs/situations.md explains each.");
const verdict = closed({ kind: opinion, because: text() });
const tally = closed({
  electorate: whole(),
  healthy: whole(),
  degraded: whole(),
  down: whole(),
  unknown: whole(),
  downOutside: whole(),
  degradedOutside: whole(),
  byDomain: Type.Record(Type.String(), opinion),
  traffic: Type.Optional(traffic),
});
const what = Type.Union([
  closed({ kind: Type.Literal("channel"), service: text(), channel: text(), sites: listOf(text()) }),
  closed({ kind: Type.Literal("ourselves"), pools: whole() }),
]);
const decision = closed({
  sequence: whole(),
  at: epoch,
  service: text(),
  situation,
  from: placement,
  to: placement,
  cause: CauseSchema,
  because: text(),
});
const weights = listOf(closed({ name: text(), weight: Type.Number({ minimum: 0 }) }));
const because = text();
const service = text();
const site = text();
const by = text();

/** What each kind of event tells. A new kind has no place in the journal before it has a row here. */
const eventFields = {
  suspected: { target: text(), agent: text(), failingSince: epoch, detail: text() },
  "vote-changed": { target: text(), agent: text(), from: opinion, to: opinion },
  untold: { what: text(), count: whole() },
  "traffic-changed": {
    target: text(),
    agent: text(),
    from: Type.Optional(trafficState),
    to: trafficState,
    because: text(),
  },
  "verdict-changed": { target: text(), from: verdict, to: verdict, tally },
  blamed: { what },
  "blame-ended": { what },
  "vantage-lost": { domain: text() },
  "vantage-back": { domain: text() },
  "stale-inputs": { fresh: whole(), needed: whole() },
  "inputs-fresh": { fresh: whole() },
  "situation-changed": { service, from: situation, to: situation },
  decided: { decision },
  held: { service, wanted: placement, rule: text(), because },
  latched: { service, moves: whole() },
  released: { service, by },
  "weights-set": {
    service,
    sequence: whole(),
    from: weights,
    to: weights,
    movedSlots: whole("Of 10,000: users who have another channel now."),
    unproven: Type.Optional(listOf(text(), "Channels that get users though no pool of theirs is known to serve.")),
    by,
    reason: text(),
  },
  "override-set": { override: refTo(OverrideReply) },
  "override-ended": { id: text(), because: oneOf(["expired", "undone", "replaced", "config"]) },
  quarantined: { service, site, because },
  readmitted: { service, site, because: oneOf(["operator", "clean-check-run"]) },
  refused: { command: text(), by, code: text(), because },
  "rule-overridden": { service, rule: text(), by, reason: text() },
  "config-applied": { revision: whole(), by },
  "keyset-taken": { version: whole(), revoked: listOf(text(), "Ids of all keys that sign nothing any more.") },
  "leader-elected": { arbiter: text(), epoch: whole() },
  "leader-resigned": { arbiter: text(), epoch: whole(), because },
  "lead-forced": { arbiter: text(), by, reason: text() },
  adopted: { fence: FenceSchema, from: text(), ended: Type.Optional(listOf(text())) },
  diverged: { detail: text() },
  "failsafe-entered": { epoch: whole(), promisedBy: listOf(text()) },
  "failsafe-ended": { epoch: whole(), because },
  "written-back": {
    leader: text(),
    epoch: whole(),
    number: whole("Of the entry in that leader's journal."),
    isRecordOnly: Type.Boolean({ description: "Another leader had come first: the world stays as that one made it." }),
  },
  applied: { nameserver: text(), fence: FenceSchema },
  "gateway-applied": { gateway: text(), fence: FenceSchema },
  verified: { service, fence: FenceSchema, servers: listOf(text()), missing: listOf(text()) },
} as const satisfies Record<EventKind, TProperties>;

const kinds = Object.entries(eventFields).map(([kind, fields]) =>
  closed({ kind: Type.Literal(kind), ...(fields as TProperties) }),
);

const Event: Shared = { ...Type.Union(kinds), $id: "Event", description: "What happened." };

const JournalEntry = shared(
  "JournalEntry",
  {
    id: Type.Integer({ minimum: 1, description: "Grows; read on from it with `after`." }),
    at: epoch,
    by: text("The arbiter that wrote it."),
    event: refTo(Event),
  },
  "An event with its place in the journal.",
);

export const Events = shared("Events", { events: listOf(refTo(JournalEntry)) }, "Oldest first.");

export const eventSchemas = [OverrideReply, Placement, Event, JournalEntry, Events] as const;
