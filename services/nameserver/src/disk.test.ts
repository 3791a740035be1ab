import assert from "node:assert/strict";
import { rename, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { addressAt, getAt, keepingLogger, makeWorld, snapshotOf, until } from "../../../test/dns/world.ts";

test("a snapshot that can't be kept on disk is not served; what was served stays, the trouble is told, and it heals", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  await using nameserver = await world.start();
  // A file where the state directory should be: no write below it can succeed, for root either.
  await rename(world.stateDir(), `${world.stateDir()}-away`);
  await writeFile(world.stateDir(), "");
  world.put(snapshotOf(6, ["127.0.2.1"]));
  const ready = async (): Promise<{ fence?: string; warning?: string }> =>
    (await getAt(nameserver, "/readyz")).body as { fence?: string; warning?: string };
  await until("the trouble is told", async () => (await ready()).warning !== undefined);
  assert.deepEqual([(await ready()).fence, await addressAt(nameserver)], ["lab:1.5", "127.0.1.1"]);
  const { body } = await getAt(nameserver, "/metrics");
  assert.match(String(body), /^sluice_nameserver_snapshots_total\{result="not-kept"\} [1-9]/m);
  assert.match(String(body), /^sluice_nameserver_snapshot_not_kept 1$/m);
  await rm(world.stateDir());
  await rename(`${world.stateDir()}-away`, world.stateDir());
  assert.match(String(await world.readState()), /127\.0\.1\.1/);
  await until("the newer one is served", async () => (await addressAt(nameserver)) === "127.0.2.1");
  assert.deepEqual(await ready(), { status: "ok", fence: "lab:1.6" });
  assert.match(String(await world.readState()), /127\.0\.2\.1/);
});

for (const [what, hurt] of [
  ["torn", (text: Buffer) => text.subarray(0, text.length / 2)],
  ["empty", () => Buffer.alloc(0)],
  ["bit-flipped in its payload", (text: Buffer) => flip(text, text.indexOf("127.0.1.1"))],
  ["bit-flipped in its signature", (text: Buffer) => flip(text, text.indexOf('"signature":"') + 20)],
  ["another document", () => Buffer.from('{"fence":"lab:9.9"}')],
] as const) {
  test(`a snapshot on disk that is ${what}: starts without it, alarms, answers SERVFAIL until there is one`, async () => {
    await using world = await makeWorld();
    world.put(snapshotOf(5, ["127.0.1.1"]));
    const before = await world.start();
    await before.close();
    await world.writeState(hurt(await world.readState()));
    world.put(snapshotOf(4, ["127.0.1.1"]), "report");
    const { logger, lines } = keepingLogger();
    await using after = await world.start({ logger });
    assert.equal(await addressAt(after), "rcode 2");
    assert.equal((await getAt(after, "/readyz")).status, 503);
    const alarm = lines
      .map((line) => JSON.parse(line) as { level: number; event?: string })
      .find((line) => line.event === "damaged");
    assert.equal(alarm?.level, 50);
    world.put(snapshotOf(6, ["127.0.2.1"]));
    await until("a good one is served", async () => (await addressAt(after)) === "127.0.2.1");
  });
}

function flip(text: Buffer, at: number): Buffer {
  assert.ok(at > 0);
  const hurt = Buffer.from(text);
  hurt[at] = (hurt[at] ?? 0) ^ 1;
  return hurt;
}

test("a bit flipped anywhere on disk never serves anything else, and never keeps the process from starting", async () => {
  await using world = await makeWorld();
  world.put(snapshotOf(5, ["127.0.1.1"]));
  const before = await world.start();
  await before.close();
  await world.stopArbiter();
  const text = await world.readState();
  for (let at = 0; at < text.length; at += 97) {
    await world.writeState(flip(text, Math.max(1, at)));
    await using after = await world.start();
    assert.ok(["rcode 2", "127.0.1.1"].includes(await addressAt(after)), `byte ${at}`);
  }
});
