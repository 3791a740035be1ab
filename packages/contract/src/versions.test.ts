import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "./parse-config.ts";
import { parseEnvelope, parseKeyset, parseReport, parseSnapshot } from "./parse-message.ts";
import { labWith } from "./test-lab.ts";

/** docs/versions.md: what a process does with a message of a version that it doesn't know. */
const vote = { target: "edge:site-a", opinion: "down", suspect: false };
const report = {
  agent: "agent-a",
  arbiter: "arbiter-w",
  nonce: "n",
  bootId: "b",
  seq: 1,
  configRevision: 0,
  selfCheck: { kind: "ok" },
  votes: [vote],
};
const key = { id: "agent-a", role: "agent", name: "agent-a", site: "site-a", publicKey: "A".repeat(43) };
const keyset = { installation: "lab", version: 1, keys: [key] };
const zone = {
  name: "a.test",
  ttlSeconds: 1,
  negativeTtlSeconds: 1,
  contact: "b.test",
  serial: 1,
  nameservers: [],
  records: [],
};
const cause = { kind: "evacuate", site: "site-a" };
const snapshot = {
  fence: { installation: "lab", epoch: 1, sequence: 1 },
  causes: [cause],
  configRevision: 0,
  issuedAt: 0,
  zone,
  services: [],
};
const more = { news: { from: "the next version" } };

test("what is signed is taken whatever more it says, at every depth", () => {
  assert.ok(parseReport({ ...report, ...more, votes: [{ ...vote, ...more }], selfCheck: { kind: "ok", ...more } }));
  assert.ok(parseKeyset({ ...keyset, ...more, keys: [{ ...key, ...more }] }));
  assert.ok(parseSnapshot({ ...snapshot, ...more, causes: [{ ...cause, ...more }], zone: { ...zone, ...more } }));
});

test("a word that isn't known, or a field that is gone, is refused with all the rest", () => {
  assert.equal(parseReport({ ...report, votes: [{ ...vote, opinion: "sleepy" }] }), undefined);
  assert.equal(parseReport({ ...report, selfCheck: { kind: "abstain", because: "bored" } }), undefined);
  assert.equal(parseSnapshot({ ...snapshot, causes: [{ kind: "moon", site: "site-a" }] }), undefined);
  assert.equal(parseKeyset({ ...keyset, keys: [{ ...key, role: "notary" }] }), undefined);
  const { configRevision: _gone, ...less } = snapshot;
  assert.equal(parseSnapshot(less), undefined);
});

test("an envelope and a configuration are closed", () => {
  const envelope = { keyId: "agent-a", payload: "{}", signature: "A".repeat(86) };
  assert.ok(parseEnvelope(envelope));
  assert.equal(parseEnvelope({ ...envelope, ...more }), undefined);
  assert.equal(checkConfig(labWith({})).kind, "ok");
  assert.equal(checkConfig(labWith(more)).kind, "invalid");
});

test("whoever knows no list of revoked keys finds no such key: they are not among the others", () => {
  const parsed = parseKeyset({ ...keyset, keys: [], revoked: [key] });
  assert.deepEqual([parsed?.keys, parsed?.revoked?.length], [[], 1]);
});
