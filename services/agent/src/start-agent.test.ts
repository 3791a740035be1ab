import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Config, poolKey, type Report } from "@sluice/core";
import { request, systemClock } from "@sluice/runtime";
import { startAgent } from "./index.ts";
import { configOf, makeDoor, makeKeys, makePlace, makeRecord, onAnyPort, quiet, tokens, voteIn } from "./test-world.ts";

const [inA, inB] = [poolKey("chat", "stable", "site-a"), poolKey("chat", "stable", "site-b")];
const opinion = (report: Report, target: string): string | undefined => voteIn(report, target)?.opinion;
const isSure = (report: Report): boolean => report.selfCheck.kind === "ok";

/** A target whose answers are counted and can be changed. */
async function makeTarget(t: TestContext) {
  const answered = makeRecord<number>();
  const target = { status: 200, answered, at: "", stop: (): Promise<unknown> => Promise.resolve() };
  const server = createServer((_request, response) => {
    answered.add(target.status);
    if (target.status > 0) response.writeHead(target.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  target.at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  t.after(stop);
  return Object.assign(target, {
    stop,
    count: (status: number) => answered.all.filter((each) => each === status).length,
  });
}

async function makeWorld(t: TestContext) {
  const keys = await makeKeys(t);
  const [w, a, b] = await Promise.all([
    makeDoor(t, "arbiter-w", keys.keyring),
    makeDoor(t, "arbiter-a", keys.keyring),
    makeTarget(t),
  ]);
  const target = await makeTarget(t);
  const start = async (config: Config) => {
    const { directory, keyring, signer } = keys;
    const options = { name: "agent-w", stateDir: directory, clock: systemClock, logger: quiet, keyring, tokens };
    const agent = await startAgent({ ...options, config: onAnyPort(config), signer: signer("agent-w") });
    t.after(() => agent.close());
    return agent;
  };
  return { ...keys, w, a, target, other: b, start };
}

test("a failing target is suspected after one look, down after four, and healthy again after five", async (t) => {
  const { w, a, target, other, start } = await makeWorld(t);
  const agent = await start(configOf({ arbiters: [w.arbiter, a.arbiter], pools: { a: target.at, b: other.at } }));
  await w.reports.next((report) => isSure(report) && opinion(report, inA) === "healthy");
  assert.equal((await request({ url: `${agent.url}/readyz`, timeoutMs: 5000 })).status, 200);

  target.status = 503;
  const suspected = await w.reports.next((report) => voteIn(report, inA)?.suspect === true);
  assert.equal(opinion(suspected, inA), "healthy");
  assert.match(voteIn(suspected, inA)?.detail ?? "", /status 503/);
  const down = await w.reports.next((report) => opinion(report, inA) === "down");
  assert.ok(target.count(503) >= 4, `${target.count(503)} failures`);
  assert.ok(down.seq > suspected.seq && isSure(down));
  assert.equal(opinion(down, inB), "healthy");
  await a.reports.next((report) => opinion(report, inA) === "down" && isSure(report));

  const good = target.count(200);
  target.status = 200;
  await w.reports.next((report) => opinion(report, inA) === "healthy", w.reports.all.indexOf(down));
  assert.ok(target.count(200) >= good + 5);

  for (const { reports, refused } of [w, a]) {
    assert.deepEqual(refused, [""], "each nonce is used for one report, and only the first contact has none");
    assert.equal(new Set(reports.all.map((report) => report.nonce)).size, reports.all.length);
  }
});

test("a silent target is down, by the deadline", async (t) => {
  const { w, target, other, start } = await makeWorld(t);
  await start(configOf({ arbiters: [w.arbiter], pools: { a: target.at, b: other.at } }));
  await w.reports.next((report) => opinion(report, inA) === "healthy");
  target.status = 0;
  const down = await w.reports.next((report) => opinion(report, inA) === "down");
  assert.match(voteIn(down, inA)?.detail ?? "", /no answer within 1000 ms/);
  assert.equal(opinion(down, inB), "healthy");
});

test("an arbiter that hangs and one that refuses keep nothing from the third", async (t) => {
  const { w, a, target, other, start } = await makeWorld(t);
  a.standing.hold = new Promise(() => undefined);
  const gone = await makePlace(t, () => undefined);
  await gone.shut();
  const refusing = { name: "arbiter-b", site: "site-b", url: `http://${gone.at}` };
  const config = configOf({ arbiters: [a.arbiter, refusing, w.arbiter], pools: { a: target.at, b: other.at } });
  await start(config);
  await w.reports.next((report) => opinion(report, inA) === "healthy");
  target.status = 503;
  await w.reports.next((report) => opinion(report, inA) === "down" && isSure(report));
  assert.equal(a.reports.all.length, 0);
});

test("a cut-off agent abstains, and what it saw meanwhile is never voted", async (t) => {
  const { w, target, other, start } = await makeWorld(t);
  const peer = await makePlace(t, (socket) => socket.resume());
  await start(configOf({ arbiters: [w.arbiter], pools: { a: target.at, b: other.at }, peers: [peer.at] }));
  await w.reports.next((report) => isSure(report) && opinion(report, inA) === "healthy");

  await peer.shut();
  const cutOff = await w.reports.next(
    ({ selfCheck }) => selfCheck.kind === "abstain" && selfCheck.because === "cut-off",
  );
  target.status = 503;
  other.status = 503;
  await w.reports.next((report) => opinion(report, inA) === "down" && opinion(report, inB) === "down");
  target.status = 200;
  other.status = 200;
  await peer.open();
  const isWell = (report: Report): boolean =>
    isSure(report) && [inA, inB].every((each) => opinion(report, each) === "healthy");
  await w.reports.next(isWell, w.reports.all.indexOf(cutOff));
  const lied = w.reports.all.filter((report) => isSure(report) && report.votes.some((vote) => vote.opinion === "down"));
  assert.deepEqual(lied, []);
});

test("another agent's suspicion brings one look at once", async (t) => {
  const { w, target, other, start } = await makeWorld(t);
  await start(configOf({ arbiters: [w.arbiter], pools: { a: target.at, b: other.at } }));
  await w.reports.next((report) => [inA, inB].every((each) => opinion(report, each) === "healthy"));
  const [before, beforeOther] = [target.answered.all.length, other.answered.all.length];
  for (let round = 1; round <= 8; round += 1) {
    w.news.add([inA]);
    await target.answered.next(() => true, before + round);
  }
  // By their own pace both are looked at equally often; the suspected one is looked at more.
  assert.ok(target.answered.all.length - before > other.answered.all.length - beforeOther);
});

test("a new revision is fetched, kept, and followed to another list of arbiters", async (t) => {
  const { w, a, target, other, start, signer, keyring, directory } = await makeWorld(t);
  const pools = { a: target.at, b: other.at };
  const b = await makeDoor(t, "arbiter-b", keyring);
  const agent = await start(configOf({ arbiters: [w.arbiter, a.arbiter], pools }));
  await a.reports.next((report) => opinion(report, inA) === "healthy");

  const config = configOf({ arbiters: [w.arbiter, b.arbiter], pools });
  for (const door of [w, a])
    door.standing.config = signer(door.arbiter.name as "arbiter-a").sign("config", { revision: 1, config });
  for (const door of [w, a]) door.standing.revision = 1;
  const followed = await b.reports.next((report) => report.configRevision === 1);
  assert.equal(opinion(followed, inA), "healthy", "a target that stays keeps its health");
  const told = a.reports.all.length;
  await b.reports.next((report) => report.seq > followed.seq + 2);
  assert.ok(a.reports.all.length <= told + 1, "an arbiter that left is told nothing more");
  assert.ok(existsSync(join(directory, "config.json")));

  await agent.close();
  const heard = b.reports.all.length;
  await start(configOf({ arbiters: [w.arbiter, a.arbiter], pools }));
  assert.equal((await b.reports.next(() => true, heard)).configRevision, 1);
});
