import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyEntry, type Keyset, keysOf, withKeys, withoutKeys } from "./keyset.ts";

const agent = (publicKey: string): Omit<KeyEntry, "id"> => ({
  role: "agent",
  name: "agent-a",
  site: "site-a",
  publicKey,
});
const empty: Keyset = { installation: "lab", version: 0, keys: [] };
const ids = (keyset: Keyset): readonly string[] => keysOf(keyset, "agent-a").map(({ id }) => id);

test("each change is the next version, and a name's keys are numbered", () => {
  const first = withKeys(empty, [agent("one")]);
  const both = withKeys(first, [agent("two")]);
  assert.deepEqual([first.version, both.version], [1, 2]);
  assert.deepEqual(ids(both), ["agent-a", "agent-a.2"]);
});

test("a revoked key signs nothing, and its id is never given again", () => {
  const both = withKeys(withKeys(empty, [agent("one")]), [agent("two")]);
  const without = withoutKeys(both, ({ id }) => id === "agent-a.2");
  assert.deepEqual([ids(without), without.revoked?.map(({ id }) => id)], [["agent-a"], ["agent-a.2"]]);
  assert.deepEqual(ids(withKeys(without, [agent("three")])), ["agent-a", "agent-a.3"]);
});

test("ids stay apart when a process is called as another's second key would be", () => {
  const odd = withKeys(empty, [{ ...agent("one"), name: "agent-a.2" }, agent("two"), agent("three")]);
  assert.deepEqual(
    odd.keys.map(({ id }) => id),
    ["agent-a.2", "agent-a", "agent-a.3"],
  );
});

test("the list of revoked keys doesn't grow without bound", () => {
  let keyset = empty;
  for (let round = 0; round < 250; round += 1)
    keyset = withoutKeys(withKeys(keyset, [agent(String(round))]), () => true);
  assert.equal(keyset.revoked?.length, 200);
  assert.equal(keyset.revoked?.at(-1)?.publicKey, "249");
});
