import assert from "node:assert/strict";
import { test } from "node:test";
import { type Durable, epochMs, type Fence, onSite, type Snapshot } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import { noHash } from "./messages.ts";
import { replay } from "./replay.ts";

const at = epochMs(1);
const state = (site: string) => ({ base: onSite(site), served: onSite(site), quarantine: [], moves: [] });
const override = { id: "o", kind: "freeze", setAt: at, until: at, by: "anna", reason: "a test" } as const;
const commit: Commit = {
  id: "c1",
  epoch: 3,
  sequenceBefore: 8,
  sequence: 10,
  at,
  by: "arbiter-w",
  services: { chat: state("site-b") },
  servicesRemoved: [],
  overrides: [override],
  decisions: [],
  events: [],
  snapshot: { envelope: { keyId: "arbiter-w", payload: "{}", signature: "" }, epoch: 3, sequence: 10 },
};
const entry = { kind: "entry", leader: "arbiter-w", epoch: 3, number: 1, before: noHash, commit } as const;
const served = (epoch: number): Snapshot =>
  ({ fence: { installation: "trial", epoch, sequence: 8 } as Fence }) as Snapshot;
const stored = (sequence: number, epoch: number) => ({ sequence, overrides: [], snapshot: served(epoch) });
const durable = {
  services: { chat: state("site-a"), embed: state("site-a") },
  configRevision: 2,
  config: {},
} as unknown as Durable;
const under = { epoch: 4, by: "arbiter-b", durable };
const numbers = ({ id, epoch, by, sequenceBefore, sequence, at: date }: Commit) => [
  id,
  epoch,
  by,
  sequenceBefore,
  sequence,
  date,
];
const isRecord = ({ events }: Commit): unknown[] =>
  events.map((event) => (event.kind === "written-back" ? event.isRecordOnly : event.kind));

test("a store as it was left takes the very commit, under whoever leads now", () => {
  const back = replay(entry, stored(8, 3), under);
  assert.deepEqual(numbers(back), ["c1", 4, "arbiter-b", 8, 10, at]);
  assert.deepEqual(
    [back.snapshot, back.services, back.overrides],
    [commit.snapshot, commit.services, commit.overrides],
  );
  assert.deepEqual([isRecord(back), back.config], [[false], undefined]);
});

test("an older store takes the world over what is there; what is served is adopted, not put back", () => {
  const back = replay(entry, stored(5, 2), under);
  assert.deepEqual(numbers(back), ["c1", 4, "arbiter-b", 5, 11, at]);
  assert.deepEqual([back.snapshot, back.services, isRecord(back)], [undefined, commit.services, [false]]);
});

test("an empty store takes the whole world as it is known, with its configuration", () => {
  const back = replay(entry, undefined, under);
  assert.deepEqual(numbers(back), ["c1", 4, "arbiter-b", 0, 11, at]);
  assert.deepEqual(back.services, { chat: state("site-b"), embed: state("site-a") });
  assert.deepEqual(back.config, { revision: 2, config: {} });
});

test("where another leader has published it is a record, and changes nothing else", () => {
  const back = replay(entry, stored(14, 4), under);
  assert.deepEqual(numbers(back), ["c1", 4, "arbiter-b", 14, 15, at]);
  assert.deepEqual([back.services, back.overrides, back.snapshot, isRecord(back)], [{}, [], undefined, [true]]);
});

test("to the next entry an older store is still not as it was left, though its number says so", () => {
  const { sequence } = replay(entry, stored(5, 2), under);
  const next = { ...entry, number: 2, commit: { ...commit, id: "c2", sequenceBefore: 10, sequence: 11 } };
  assert.equal(replay(next, stored(sequence, 2), under).snapshot, undefined);
});
