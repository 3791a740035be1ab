import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { ArbiterConfig, Vote } from "@sluice/core";
import { type Signer, systemClock } from "@sluice/runtime";
import { makeReporter, type Said, type Saying } from "./reporter.ts";
import { type Door, makeDoor, makeKeys, makeRecord } from "./test-world.ts";

const saying = (votes: readonly Vote[] = []): Saying => ({ configRevision: 0, selfCheck: { kind: "ok" }, votes });

/** A reporter that would wait an hour from one report to the next. */
function begin(t: TestContext, arbiter: ArbiterConfig, parts: { signer: Signer; say?: () => Saying }) {
  const said = makeRecord<Said>();
  const stop = new AbortController();
  const reporter = makeReporter({
    agent: "agent-w",
    arbiter,
    signer: parts.signer,
    clock: systemClock,
    bootId: "boot",
    intervalMs: () => 3_600_000,
    say: parts.say ?? saying,
    onReply: (what) => said.add(what),
  });
  const ended = reporter.run(stop.signal);
  t.after(() => {
    stop.abort();
    return ended;
  });
  return { reporter, said };
}

async function makeWorld(t: TestContext): Promise<{ door: Door; signer: Signer }> {
  const { keyring, signer } = await makeKeys(t);
  return { door: await makeDoor(t, "arbiter-w", keyring), signer: signer("agent-w") };
}

test("a change while a report is under way is in another one, sent at once", async (t) => {
  const { door, signer } = await makeWorld(t);
  let revision = 0;
  const asked = makeRecord<number>();
  const say = (): Saying => {
    asked.add(revision);
    return { ...saying(), configRevision: revision };
  };
  const { reporter } = begin(t, door.arbiter, { signer, say });
  await door.reports.next(({ configRevision }) => configRevision === 0);
  const held = Promise.withResolvers<undefined>();
  door.standing.hold = held.promise;
  const before = asked.all.length;
  reporter.hurry();
  await asked.next(() => true, before);
  revision = 1;
  reporter.hurry();
  held.resolve(undefined);
  await door.reports.next(({ configRevision }) => configRevision === 1);
  assert.deepEqual(door.refused, [""]);
});

test("a hurry is heard after two refusals in a row, too", async (t) => {
  const { keyring, signer } = await makeKeys(t);
  const door = await makeDoor(t, "arbiter-w", keyring);
  // To this arbiter every report is one for another, so its nonce never counts.
  const stranger = { ...door.arbiter, name: "arbiter-a" };
  const { reporter, said } = begin(t, stranger, { signer: signer("agent-w") });
  await said.next(() => true, 1);
  reporter.hurry();
  await said.next(() => true, 3);
  assert.equal(door.reports.all.length, 0);
});

for (const body of [
  "null",
  "7",
  '"text"',
  "<html>",
  "[]",
  "{}",
  '{"kind":"counted","nonce":5,"configRevision":0}',
  "",
]) {
  test(`an arbiter that answers ${body || "nothing"} does no harm`, async (t) => {
    const server = createServer((_request, response) => response.end(body));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const { signer } = await makeKeys(t);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { said } = begin(t, { name: "arbiter-w", site: "site-w", url }, { signer: signer("agent-w") });
    assert.deepEqual(await said.next(() => true), { kind: "failed", result: "rejected" });
  });
}

test("what an arbiter holds isn't said again, until it no longer says so", async (t) => {
  const { door, signer } = await makeWorld(t);
  const votes: readonly Vote[] = [{ target: "edge:site-a", opinion: "healthy", suspect: false }];
  const { reporter } = begin(t, door.arbiter, { signer, say: () => saying(votes) });
  const said: string[] = [];
  for (const isHolding of [true, true, false, false, false]) {
    const { since, votes: told } = await door.reports.next(() => true, said.length);
    said.push(`${told.length}${since === undefined ? "" : " since another"}`);
    door.standing.isHolding = isHolding;
    reporter.hurry();
  }
  // The replies to the first, the fourth and the fifth don't say so.
  assert.deepEqual(said, ["1", "1", "0 since another", "0 since another", "1"]);
});

test("a site of a thousand dead pools still fits into a report", async (t) => {
  const { door, signer } = await makeWorld(t);
  const votes = Array.from({ length: 1000 }, (_, index): Vote => {
    const detail = `connect ECONNREFUSED ${"x".repeat(170)}`;
    return { target: `pool:service-${index}/stable@site-a`, opinion: "down", suspect: false, detail };
  });
  begin(t, door.arbiter, { signer, say: () => saying(votes) });
  const report = await door.reports.next(() => true);
  assert.deepEqual(
    report.votes,
    votes.map(({ detail: _forPeople, ...vote }) => vote),
  );
});
