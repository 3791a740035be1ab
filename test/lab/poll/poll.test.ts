import assert from "node:assert/strict";
import { test } from "node:test";
import { type Poll, startPoll } from "./poll.ts";
import type { PollChange, ServerPoll } from "./recorder.ts";
import { type Responder, startResponder } from "./test-responder.ts";

const [a, b] = ["127.0.1.1", "127.0.2.1"];
const siteOf = (address: string): string | undefined => ({ [a]: "site-a", [b]: "site-b" })[address];

type Polling = Poll & {
  /** Waits until what this server has answered is so. */
  until(index: number, isSo: (poll: ServerPoll) => boolean): Promise<ServerPoll>;
  [Symbol.asyncDispose](): Promise<void>;
};

function polling(servers: readonly Responder["server"][], timeoutMs = 5_000): Polling {
  const stop = new AbortController();
  const watching = new Set<() => void>();
  const poll = startPoll({
    servers,
    question: { name: "chat.llm.example", type: "A" },
    siteOf,
    intervalMs: 5,
    timeoutMs,
    onChange: () => watching.forEach((look) => look()),
    signal: stop.signal,
  });
  const until: Polling["until"] = (index, isSo) =>
    new Promise((resolve) => {
      const look = (): void => {
        const seen = poll.servers()[index];
        if (seen && isSo(seen)) resolve(seen);
      };
      watching.add(look);
      look();
    });
  const end = async (): Promise<void> => {
    stop.abort();
    await poll.ended;
  };
  return { ...poll, until, [Symbol.asyncDispose]: end };
}

const told = (change: PollChange): string =>
  change.kind === "answers" ? `${change.addresses.join("+")} of ${change.sites.join("+")}` : change.kind;
const isNow = (words: string) => (poll: ServerPoll) => told(poll.changes.at(-1) as PollChange) === words;
const isPolled = (poll: ServerPoll): boolean => poll.changes.length > 0;

test("dates the move of each server by itself", async () => {
  await using one = await startResponder([a]);
  await using other = await startResponder([a]);
  await using poll = polling([one.server, other.server]);
  await poll.until(0, isPolled);
  await poll.until(1, isPolled);
  const before = performance.now();
  one.manner = [b];
  const moved = await poll.until(0, isNow("127.0.2.1 of site-b"));
  assert.ok((moved.firstMovedAt ?? 0) >= before && (moved.firstMovedAt ?? 0) <= performance.now());
  assert.deepEqual(moved.changes.map(told), ["127.0.1.1 of site-a", "127.0.2.1 of site-b"]);
  assert.equal(poll.servers()[1]?.firstMovedAt, undefined);
  other.manner = [b];
  const last = await poll.until(1, isNow("127.0.2.1 of site-b"));
  assert.ok((last.firstMovedAt ?? 0) >= (moved.firstMovedAt ?? 0));
});

test("tells empty, failing and mixed answers, and silence, from a move", async () => {
  await using responder = await startResponder([a]);
  await using poll = polling([responder.server], 50);
  await poll.until(0, isPolled);
  const manners = [
    ["nxdomain", "empty"],
    ["servfail", "servfail"],
    ["silent", "timeout"],
    [[a, b], "127.0.1.1+127.0.2.1 of site-a+site-b"],
    [["127.0.9.9"], "127.0.9.9 of nobody's"],
  ] as const;
  for (const [manner, words] of manners) {
    responder.manner = manner;
    const seen = await poll.until(0, isNow(words));
    if (typeof manner === "string") assert.equal(seen.firstMovedAt, undefined);
  }
  const { counts } = await poll.until(0, isPolled);
  for (const kind of ["answers", "mixed", "empty", "servfail", "timeout"] as const) assert.ok(counts[kind] > 0, kind);
  assert.equal(counts.truncated, 0);
  assert.ok(counts.answers > counts.mixed);
});

test("a closed port is silence, and the server's first answer after it is seen", async () => {
  const gone = await startResponder([a]);
  await using poll = polling([gone.server], 50);
  await poll.until(0, isPolled);
  await gone[Symbol.asyncDispose]();
  await poll.until(0, isNow("timeout"));
  await using _back = await startResponder([b], gone.server.port);
  const seen = await poll.until(0, isNow("127.0.2.1 of site-b"));
  assert.ok(seen.firstMovedAt !== undefined);
});

test("believes only its own ids and its own question", async () => {
  await using responder = await startResponder([b]);
  let forged = 0;
  const asked = new Set<number>();
  responder.deliver = (reply, send) => {
    const otherId = Buffer.from(reply);
    asked.add(reply.readUInt16BE(0));
    let other = reply.readUInt16BE(0);
    while (asked.has(other)) other = (other + 1) % 65_536;
    otherId.writeUInt16BE(other, 0);
    // The first letter of the name that was asked: "dhat" is somebody else's.
    const otherName = Buffer.from(reply);
    otherName.writeUInt8(0x64, 13);
    for (const bytes of [otherId, otherName, Buffer.from("no DNS"), Buffer.alloc(0), reply.subarray(0, 12)])
      send(bytes);
    forged += 1;
    if (forged > 20) send(reply);
  };
  await using poll = polling([responder.server]);
  const seen = await poll.until(0, isPolled);
  assert.deepEqual(seen.changes.map(told), ["127.0.2.1 of site-b"]);
  assert.ok(seen.counts.asked > 20);
  assert.equal(seen.counts.answers, 1);
});

test("an answer that was overtaken by a later one is counted and is no change", async () => {
  await using responder = await startResponder([a]);
  await using poll = polling([responder.server]);
  await poll.until(0, isPolled);
  const late: (() => void)[] = [];
  responder.deliver = (reply, send) => late.push(() => send(reply));
  while (late.length < 3) await new Promise(setImmediate);
  responder.deliver = (reply, send) => send(reply);
  responder.manner = [b];
  await poll.until(0, isNow("127.0.2.1 of site-b"));
  const held = late.length;
  const before = poll.servers()[0]?.counts.answers ?? 0;
  late.forEach((send) => send());
  while ((poll.servers()[0]?.counts.answers ?? 0) < before + held) await new Promise(setImmediate);
  assert.equal(poll.servers()[0]?.changes.length, 2);
});

test("lets its sockets go at the signal, also when it came first", async () => {
  await using responder = await startResponder([a]);
  const options = { servers: [responder.server], question: { name: "chat.llm.example", type: "A" }, siteOf } as const;
  await startPoll({ ...options, intervalMs: 5, timeoutMs: 50, signal: AbortSignal.abort() }).ended;
  const stop = new AbortController();
  const poll = startPoll({ ...options, intervalMs: 5, timeoutMs: 50, signal: stop.signal });
  stop.abort();
  await poll.ended;
  // Nothing is left that would keep this process alive, and nobody is asked any more.
  responder.deliver = () => assert.fail("asked after the end");
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
});
