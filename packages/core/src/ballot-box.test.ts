import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type BallotBox,
  countBallots,
  issueNonce,
  lastVote,
  newBallotBox,
  receive,
  whyAgentNotCounted,
} from "./ballot-box.ts";
import { monoMs } from "./model.ts";
import type { Report } from "./vote.ts";

const agents = [
  { name: "agent-a", site: "site-a" },
  { name: "agent-w", site: "witness" },
];
const ageMaxMs = 4_000;
const target = "edge:site-a";
const at = (now: number) => ({ now: monoMs(now), ageMaxMs, configRevision: 1 });

const report = (more: Partial<Report> = {}): Report => ({
  agent: "agent-a",
  arbiter: "one",
  nonce: "n1",
  bootId: "boot-1",
  seq: 1,
  configRevision: 1,
  selfCheck: { kind: "ok" },
  votes: [{ target, opinion: "down", suspect: false }],
  ...more,
});

/** A box in which `agent-a` was given n1 at 1 s, n2 at 2 s and n3 at 3 s. */
const issued = (): BallotBox =>
  [1, 2, 3].reduce(
    (box, second) => issueNonce(box, "agent-a", { nonce: `n${second}`, now: monoMs(second * 1_000) }),
    newBallotBox("one"),
  );

function take(box: BallotBox, what: Partial<Report>, now = 3_000): BallotBox {
  const result = receive(box, report(what), at(now));
  assert.ok(result.kind === "counted", JSON.stringify(result));
  return result.box;
}

const refusals: readonly [string, readonly Partial<Report>[], Partial<Report>, number, string][] = [
  ["made for another arbiter", [], { arbiter: "two" }, 3_000, "wrong-arbiter"],
  ["a first contact", [], { nonce: "" }, 3_000, "unknown-nonce"],
  ["a nonce nobody issued", [], { nonce: "n9" }, 3_000, "unknown-nonce"],
  ["another agent's nonce", [], { agent: "agent-w" }, 3_000, "unknown-nonce"],
  ["held up on the way", [], {}, 5_001, "old-nonce"],
  ["the same again", [{ seq: 5 }], { seq: 5 }, 3_000, "old-seq"],
  ["overtaken", [{ seq: 5 }], { seq: 4, nonce: "n2" }, 3_000, "old-seq"],
  ["an earlier boot", [{ bootId: "boot-2", nonce: "n2" }], { nonce: "n1", seq: 9 }, 3_000, "old-seq"],
  [
    "an earlier boot under the same nonce",
    [{ bootId: "boot-2", nonce: "n2" }],
    { nonce: "n2", seq: 9 },
    3_000,
    "old-seq",
  ],
  [
    "an earlier boot, when the later one used an older nonce meanwhile",
    [
      { bootId: "boot-2", nonce: "n3", seq: 1 },
      { bootId: "boot-2", nonce: "n1", seq: 2 },
    ],
    { nonce: "n2", seq: 9 },
    3_000,
    "old-seq",
  ],
];

for (const [name, before, what, now, because] of refusals) {
  test(`refused: ${name}`, () => {
    const box = before.reduce((held, earlier) => take(held, earlier), issued());
    assert.deepEqual(receive(box, report(what), at(now)), { kind: "refused", because });
  });
}

test("a report counts until its nonce is four intervals old, by the arbiter's clock", () => {
  const box = take(issued(), {});
  assert.deepEqual(countBallots(box, agents, at(5_000)).freshDomains, ["site-a"]);
  const { casts, freshDomains } = countBallots(box, agents, at(5_001));
  assert.deepEqual([casts, freshDomains], [[], []]);
  assert.equal(whyAgentNotCounted(box, "agent-a", at(5_001)), "stale");
  assert.equal(whyAgentNotCounted(box, "agent-w", at(5_001)), "silent");
});

test("a new boot counts from its first report on, and only the last 16 nonces are known", () => {
  let box = take(take(issued(), { seq: 900 }), { bootId: "boot-2", nonce: "n2", seq: 1 });
  assert.equal(box.agents["agent-a"]?.seq, 1);
  for (let more = 0; more < 16; more += 1) box = issueNonce(box, "agent-a", { nonce: `m${more}`, now: monoMs(3_000) });
  assert.deepEqual(receive(box, report({ nonce: "n3", bootId: "boot-2", seq: 2 }), at(3_000)), {
    kind: "refused",
    because: "unknown-nonce",
  });
});

const uncounted: readonly [Partial<Report>, string][] = [
  [{ configRevision: 2 }, "other-revision"],
  [{ selfCheck: { kind: "abstain", because: "cut-off" } }, "cut-off"],
  [{ selfCheck: { kind: "abstain", because: "stalled" } }, "stalled"],
  [{ selfCheck: { kind: "abstain", because: "starting" } }, "starting"],
];

for (const [what, why] of uncounted) {
  test(`kept and not counted: ${why}`, () => {
    const box = take(issued(), what);
    const { casts, freshDomains } = countBallots(box, agents, at(3_000));
    assert.deepEqual([casts, freshDomains], [[], []]);
    assert.equal(whyAgentNotCounted(box, "agent-a", at(3_000)), why);
    assert.equal(lastVote(box, "agent-a", target)?.opinion, "down");
  });
}

test("agents that are not configured are not counted", () => {
  assert.deepEqual(countBallots(take(issued(), {}), [], at(3_000)).casts, []);
});

/** What an agent sent over two boots: each report under a nonce it had by then, numbered. */
const history: readonly Report[] = [
  report({ nonce: "n1", seq: 1 }),
  report({ nonce: "n1", seq: 2 }),
  report({ nonce: "n2", seq: 3 }),
  report({ bootId: "boot-2", nonce: "n3", seq: 1 }),
  report({ bootId: "boot-2", nonce: "n3", seq: 2 }),
];
const orderOf = (made: Pick<Report, "bootId" | "seq">): number =>
  history.findIndex((one) => one.bootId === made.bootId && one.seq === made.seq);

test("replayed, repeated and reordered reports never put an older report in the place of a newer", () => {
  const stream = fc.array(fc.nat({ max: history.length - 1 }), { maxLength: 40 });
  fc.assert(
    fc.property(stream, (sent) => {
      let box = issued();
      let latest = -1;
      for (const index of sent) {
        const made = history[index];
        assert.ok(made);
        const result = receive(box, made, at(3_000));
        if (result.kind === "counted") {
          assert.ok(index > latest, "an older report was counted after a newer one");
          box = result.box;
          latest = index;
        }
        const held = box.agents["agent-a"]?.report;
        assert.equal(held ? orderOf(held) : -1, latest);
      }
    }),
  );
});

test("whatever is delivered whenever, nothing counts whose nonce is too old", () => {
  const delivery = fc.record({
    index: fc.nat({ max: history.length - 1 }),
    now: fc.integer({ min: 3_000, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.array(delivery, { maxLength: 30 }), fc.integer({ min: 7_001, max: 40_000 }), (sent, later) => {
      let box = issued();
      for (const { index, now } of sent.sort((one, other) => one.now - other.now)) {
        const result = receive(box, history[index] ?? report(), at(now));
        if (result.kind === "counted") box = result.box;
      }
      assert.deepEqual(countBallots(box, agents, at(later)).casts, []);
    }),
  );
});

const onTwo = (opinion: "healthy" | "down"): Report["votes"] => [
  { target, opinion: "down", suspect: false },
  { target: "edge:site-b", opinion, suspect: false },
];
const votesIn = (box: BallotBox): readonly (string | undefined)[] =>
  [target, "edge:site-b"].map((key) => lastVote(box, "agent-a", key)?.opinion);

test("a report may say only what is new since one that the box holds, and the rest stands", () => {
  const whole = take(issued(), { votes: onTwo("healthy") });
  const votes = onTwo("down").slice(1);
  const next = take(whole, { seq: 2, since: 1, votes });
  assert.deepEqual(votesIn(next), ["down", "down"]);
  assert.deepEqual(votesIn(whole), ["down", "healthy"], "what was counted before is not changed");
  assert.deepEqual(next.changes.recent.at(-1), ["edge:site-b"]);
  const still = take(next, { seq: 3, since: 2, votes: [] });
  assert.deepEqual([votesIn(still), still.changes.version], [["down", "down"], next.changes.version]);
});

const gaps: readonly [string, Partial<Report>][] = [
  ["a report that isn't held", { since: 0 }],
  ["a report of another boot", { since: 1, bootId: "boot-2", nonce: "n2" }],
  ["a report by another revision", { since: 1, configRevision: 2 }],
  [
    "a report that says nothing of a target",
    { since: 1, votes: [{ target: "edge:site-c", opinion: "down", suspect: false }] },
  ],
];

for (const [name, what] of gaps) {
  test(`refused: what is new since ${name}`, () => {
    const box = take(issued(), { votes: onTwo("healthy") });
    const made = report({ seq: 2, votes: [], ...what });
    assert.deepEqual(receive(box, made, at(3_000)), { kind: "refused", because: "gap" });
  });
}
