import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BallotBox,
  issueNonce,
  lastVote,
  monoMs,
  newBallotBox,
  type Opinion,
  opinions,
  type Report,
  receive,
  type Vote,
} from "@sluice/core";
import fc from "fast-check";
import { type Held, newsSince } from "./news.ts";

const on = (target: string, opinion: Opinion, more: Partial<Vote> = {}): Vote => ({
  target,
  opinion,
  suspect: false,
  ...more,
});
const held: Held = { seq: 4, configRevision: 1, votes: [on("edge:site-a", "healthy"), on("edge:site-b", "healthy")] };

test("only what has changed is said, and a change of words is one", () => {
  const votes = [on("edge:site-a", "healthy", { detail: "status 503" }), on("edge:site-b", "healthy")];
  assert.deepEqual(newsSince(held, { configRevision: 1, votes }), { since: 4, votes: votes.slice(0, 1) });
  assert.deepEqual(newsSince(held, held), { since: 4, votes: [] });
});

test("all is said while nothing is known to be held, under another revision, and of other targets", () => {
  const others = [on("edge:site-a", "healthy"), on("edge:site-c", "healthy")];
  assert.deepEqual(newsSince(undefined, held), { votes: held.votes });
  assert.deepEqual(newsSince(held, { configRevision: 2, votes: held.votes }), { votes: held.votes });
  assert.deepEqual(newsSince(held, { configRevision: 1, votes: others }), { votes: others });
  assert.deepEqual(newsSince(held, { configRevision: 1, votes: others.slice(0, 1) }), { votes: others.slice(0, 1) });
});

test("whatever is lost on the way, an arbiter holds the votes of the last report that it counted", () => {
  const turn = fc.record({
    votes: fc.array(fc.constantFrom(...opinions), { minLength: 3, maxLength: 3 }),
    fate: fc.constantFrom("answered", "answered", "answered", "report lost", "reply lost", "arbiter restarted"),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
      const door = (): BallotBox => issueNonce(newBallotBox("w"), "a", { nonce: "n", now: monoMs(0) });
      let [box, known]: [BallotBox, Held | undefined] = [door(), undefined];
      for (const [seq, { votes: opinionsNow, fate }] of turns.entries()) {
        if (fate === "arbiter restarted") box = door();
        const votes = opinionsNow.map((opinion, at) => on(`edge:site-${at}`, opinion));
        const next = { seq, configRevision: 1, votes };
        const news = newsSince(known, next);
        const head = { agent: "a", arbiter: "w", nonce: "n", bootId: "boot", selfCheck: { kind: "ok" } as const };
        const report: Report = { ...head, ...next, ...news };
        known = undefined;
        if (fate === "report lost") continue;
        const received = receive(box, report, { now: monoMs(0), ageMaxMs: 4_000 });
        if (received.kind === "refused") {
          assert.deepEqual([received.because, fate], ["gap", "arbiter restarted"]);
          continue;
        }
        ({ box } = received);
        if (fate !== "reply lost") known = next;
        assert.deepEqual(
          votes.map(({ target }) => lastVote(box, "a", target)),
          votes,
        );
      }
    }),
  );
});
