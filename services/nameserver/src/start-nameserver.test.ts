import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { makeQuery, opt } from "../../../test/dns/messages.ts";
import { addressAt, getAt, host, makeWorld, snapshotOf, until } from "../../../test/dns/world.ts";
import type { Nameserver } from "./index.ts";

test("answers SERVFAIL before its first snapshot, and then by each newer one", async () => {
  await using world = await makeWorld();
  await using nameserver = await world.start();
  assert.equal(await addressAt(nameserver), "rcode 2");
  world.put(snapshotOf(1, ["127.0.1.1"]));
  await until("the first snapshot is served", async () => (await addressAt(nameserver)) === "127.0.1.1");
  world.put(snapshotOf(2, ["127.0.2.1"]));
  await until("the second is served", async () => (await addressAt(nameserver)) === "127.0.2.1");
});

test("keeps what it serves when offered an older or equal fence, nothing, another kind or installation, no address, no signature", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  await using nameserver = await world.start();
  assert.equal(await addressAt(nameserver), "127.0.1.1");
  const refusals = [
    () => world.put(snapshotOf(4, ["127.0.2.1"])),
    () => world.put(snapshotOf(6, [])),
    () => world.put(snapshotOf(7, ["127.0.2.1"]), "report"),
    () => world.put(snapshotOf(8, ["127.0.2.1"], { fence: { installation: "other", epoch: 2, sequence: 8 } })),
    () => world.put(snapshotOf(5, ["127.0.2.1"])),
    () => world.put(snapshotOf(9, ["300.0.2.1"])),
    () => world.desk.putSnapshot({ ...world.signer.sign("snapshot", snapshotOf(10, ["127.0.2.1"])), keyId: "root" }),
  ];
  for (const offer of refusals) {
    offer();
    const seen = world.asked.length;
    await until("it was offered", () => world.asked.length >= seen + 2);
    assert.equal(await addressAt(nameserver), "127.0.1.1");
  }
  const { body } = await getAt(nameserver, "/metrics");
  const counted = [...String(body).matchAll(/snapshots_total\{result="([a-z-]+)"\}/g)].map((match) => match[1]);
  const wanted = ["accept", "older-fence", "empty-answer", "unsigned", "diverged", "equal-fence-other-content"];
  assert.deepEqual(
    [...wanted, "unservable"].filter((result) => !counted.includes(result)),
    [],
  );
});

test("takes a newer fence whose answers are the same, and keeps serving", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  await using nameserver = await world.start();
  world.put(snapshotOf(6, ["127.0.1.1"]));
  await until("the newer fence is served", async () => {
    const { body } = await getAt(nameserver, "/readyz");
    assert.equal(await addressAt(nameserver), "127.0.1.1");
    return (body as { fence: string }).fence === "lab:1.6";
  });
});

/** The bytes that come back for a query, without the id. */
async function bytesAt(nameserver: Nameserver, query: Buffer): Promise<string> {
  await using udp = createSocket("udp4");
  udp.send(query, nameserver.port, "127.0.0.1");
  const [reply] = (await once(udp, "message", { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  return reply.subarray(2).toString("hex");
}

test("answers byte for byte the same through its own restart with every arbiter dead", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.2.1", "fd00::2"]));
  const before = await world.start();
  const names = [host, "llm.example", "_sluice-fence.llm.example", "nobody.llm.example", "ns-a.llm.example", "x.test"];
  const queries = names.flatMap((name) =>
    [1, 2, 6, 16, 28, 255].map((type) => makeQuery({ name, type, rest: opt(1232) })),
  );
  const answers = [];
  for (const query of queries) answers.push(await bytesAt(before, query));
  await before.close();
  await world.stopArbiter();
  await using after = await world.start();
  for (const [at, query] of queries.entries()) {
    query.writeUInt16BE(at, 0);
    assert.equal(await bytesAt(after, query), answers[at]);
  }
  assert.equal(await addressAt(after), "127.0.2.1");
});
