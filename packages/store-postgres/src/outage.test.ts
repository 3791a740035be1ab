import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/core";
import { commit, firstCommit, until } from "@sluice/ports/laws";
import pg from "pg";
import { type EmbeddedPostgres, makePostgres, type Postgres, startEmbeddedPostgres } from "./index.ts";
import { makeTestDirectory } from "./test-server.ts";

// The server itself is broken here, so it is always an embedded one of our own.
let directory: string;
let server: EmbeddedPostgres;
const start = (port?: number): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ directory, log: () => undefined, ...(port === undefined ? {} : { port }) });
before(async () => {
  directory = await makeTestDirectory();
  server = await start();
});
after(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

type Scene = Postgres & { readonly messages: readonly string[]; readonly epoch: number; readonly sequence: number };

async function begin(context: TestContext): Promise<Scene> {
  const messages: string[] = [];
  const door = makePostgres({ url: server.url, log: (message) => messages.push(message) });
  context.after(() => door.close());
  await door.store.migrate();
  const row = await door.lease.read();
  const taken = await (row ? door.lease.seize(row, "a", 600_000) : door.lease.acquire("a", 600_000));
  const epoch = taken.kind === "acquired" ? taken.epoch : 0;
  if (!(await door.store.head())) await door.store.commit(firstCommit(epoch));
  return { ...door, messages, epoch, sequence: (await door.store.head())?.sequence ?? 0 };
}

async function ask(sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const ours = "FROM pg_stat_activity WHERE application_name = 'sluice'";

/** Given up after 2.5 s; the rest is for a busy machine. Waiting for two answers would take longer. */
const promptMs = 4_500;

/** How long it took until a call was refused as unavailable. Unit: milliseconds. */
async function refusedAfter(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await assert.rejects(call(), (error: SluiceError) => error.code === "STORE_UNAVAILABLE" && error.transient);
  return performance.now() - began;
}

test("an idle connection that is killed is a line in the log, and the next call has a new one", async (context) => {
  const { store, messages, sequence } = await begin(context);
  const killed = await ask(`SELECT pg_terminate_backend(pid) ${ours}`);
  assert.ok(killed.length > 0);
  await until(async () => messages.length >= killed.length, "every loss is told");
  assert.match(messages.join("\n"), /a database connection was lost: terminating connection/);
  assert.equal((await store.head())?.sequence, sequence);
});

test("a server that falls silent is given up in 2.5 s, in a transaction too, and is back when it is", async (context) => {
  const { store, lease, epoch, sequence } = await begin(context);
  const frozen = (await ask(`SELECT pid ${ours}`)).map((row) => Number(row["pid"]));
  assert.ok(frozen.length >= 2);
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  const thaw = (): void => {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  };
  try {
    const next = commit({ epoch, sequenceBefore: sequence });
    const calls = [() => store.commit(next), () => lease.renew({ holder: "a", epoch }, 600_000)];
    const waits = await Promise.all(calls.map(refusedAfter));
    assert.ok(Math.max(...waits) < promptMs, `given up after ${waits.join(" and ")} ms`);
    assert.equal(await store.committed(next.id), false);
    assert.deepEqual(await lease.renew({ holder: "a", epoch }, 600_000), { kind: "renewed" });
    assert.equal((await store.commit(next)).kind, "committed");
  } finally {
    thaw();
  }
});

test("a door closes on a server that stands still: nobody waits for its goodbye", async (context) => {
  const door = await begin(context);
  await door.store.head();
  const frozen = (await ask(`SELECT pid ${ours}`)).map((row) => Number(row["pid"]));
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  try {
    await door.close();
  } finally {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  }
});

test("a server that is stopped is unavailable at once, and everything is there when it is back", async (context) => {
  const { store, lease, epoch, sequence } = await begin(context);
  const next = commit({ epoch, sequenceBefore: sequence });
  await server.stop();
  const calls = [
    () => store.commit(next),
    () => store.load(),
    () => store.head(),
    () => store.migrate(),
    () => store.events(0, 1),
    () => lease.read(),
    () => lease.renew({ holder: "a", epoch }, 600_000),
  ];
  const waits = await Promise.all(calls.map(refusedAfter));
  assert.ok(Math.max(...waits) < promptMs, `given up after ${waits.join(", ")} ms`);
  server = await start(server.port);
  assert.deepEqual(await lease.renew({ holder: "a", epoch }, 600_000), { kind: "renewed" });
  assert.equal((await store.commit(next)).kind, "committed");
  assert.equal((await store.head())?.sequence, sequence + 1);
});

test("a server that crashes between two commits loses neither", async (context) => {
  const { store, epoch, sequence } = await begin(context);
  assert.equal((await store.commit(commit({ epoch, sequenceBefore: sequence }))).kind, "committed");
  // Immediate shutdown: nothing is written any more, and the next start recovers from the log.
  process.kill(server.pid, "SIGQUIT");
  await until(() => refusedAfter(() => store.head()).then(Boolean, () => false), "the server is gone");
  await server.stop();
  server = await start(server.port);
  assert.equal((await store.head())?.sequence, sequence + 1);
});
