import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, epochMs } from "@sluice/core";
import type { Commit } from "@sluice/ports";
import { makePostgres, startEmbeddedPostgres } from "./index.ts";

const commitOf = (over: Partial<Commit>): Commit => ({
  id: "one",
  epoch: 1,
  sequenceBefore: 0,
  sequence: 1,
  at: epochMs(5),
  by: "arbiter-w",
  services: {},
  servicesRemoved: [],
  overrides: [],
  decisions: [],
  events: [{ kind: "vantage-lost", domain: "site-a" }],
  ...over,
});

test("lease and store on the embedded Postgres: one winner, epochs grow, commits are fenced and whole", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sluice-postgres-"));
  const { chmod } = await import("node:fs/promises");
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, log: () => undefined });
  const postgres = makePostgres({ url: server.url, log: () => undefined });
  const { store, lease } = postgres;
  try {
    await Promise.all([store.migrate(), store.migrate(), store.migrate()]);
    const won = await Promise.all(Array.from({ length: 12 }, (_, i) => lease.acquire(`arbiter-${i}`, 60_000)));
    const winners = won.flatMap((result, i) =>
      result.kind === "acquired" ? [{ holder: `arbiter-${i}`, epoch: result.epoch }] : [],
    );
    assert.deepEqual(
      winners.map((winner) => winner.epoch),
      [1],
    );
    assert.equal(await store.load(), undefined);
    const config = { revision: 0, config: { installation: "lab" } as unknown as Config };
    assert.deepEqual(await store.commit(commitOf({ config })), { kind: "committed", lastEventId: 1 });
    assert.deepEqual(await store.commit(commitOf({ id: "two", epoch: 2 })), { kind: "fenced", epoch: 1 });
    assert.deepEqual(await store.commit(commitOf({ id: "three" })), { kind: "conflict", sequence: 1 });
    assert.deepEqual([await store.committed("one"), await store.committed("two")], [true, false]);
    assert.equal((await store.load())?.config.installation, "lab");
    assert.deepEqual(
      (await store.events(0, 10)).map((entry) => entry.event.kind),
      ["vantage-lost"],
    );
    const [winner] = winners;
    assert.ok(winner);
    assert.deepEqual(await lease.raise(winner, 41), { kind: "acquired", epoch: 42 });
    await lease.release({ holder: winner.holder, epoch: 42 });
    assert.deepEqual(await lease.acquire("next", 60_000), { kind: "acquired", epoch: 43 });
  } finally {
    await postgres.close();
    await server.stop();
    await rm(directory, { recursive: true });
  }
});
