import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/core";
import type { Store } from "@sluice/ports";
import { commit, config, dated, decision, envelope, event, firstCommit, override, state } from "@sluice/ports/laws";
import pg from "pg";
import { type JournalLine, journalHash, journalStart, makePostgres, type Postgres } from "./index.ts";
import { makeTestProxy } from "./test-proxy.ts";
import { openTestServer, type TestDatabase, type TestServer } from "./test-server.ts";

let server: TestServer;
before(async () => {
  server = await openTestServer();
});
after(() => server.stop());

const isUnavailable = (error: SluiceError): boolean => error.code === "STORE_UNAVAILABLE" && error.transient;

type Scene = { readonly database: TestDatabase; readonly epoch: number; readonly open: (url?: string) => Postgres };

/** A database with a schema, a lease and a first commit; all doors are closed at the end of the test. */
async function begin(context: TestContext): Promise<Scene & Postgres> {
  const database = await server.makeDatabase();
  const doors: Postgres[] = [];
  context.after(async () => {
    await Promise.all(doors.map((door) => door.close()));
    await database.drop();
  });
  const open = (url = database.url): Postgres => {
    const door = makePostgres({ url, log: () => undefined });
    doors.push(door);
    return door;
  };
  const door = open();
  await door.store.migrate();
  const acquired = await door.lease.acquire("a", 600_000);
  assert.equal(acquired.kind, "acquired");
  const epoch = acquired.kind === "acquired" ? acquired.epoch : 0;
  await door.store.commit(firstCommit(epoch, { events: [event(1)], decisions: [decision(1)] }));
  return { ...door, database, epoch, open };
}

const everything = async (store: Store): Promise<unknown> => [
  await store.load(),
  await store.head(),
  await store.events(0, 1000),
  await store.decisions(1000),
];

const brings = (epoch: number) => ({
  services: { chat: state("site-b"), third: state("site-a") },
  servicesRemoved: ["embed"],
  overrides: [override],
  config: { revision: 1, config: config("other") },
  decisions: [decision(2)],
  events: [event(2), event(3)],
  snapshot: { envelope: envelope("new"), epoch, sequence: 2 },
});

/** In the order in which a commit writes them. */
const tables = ["configs", "services", "world", "head", "decisions", "journal", "commits"];

for (const table of tables) {
  test(`killed while it writes sluice_${table}, a commit leaves nothing`, async (context) => {
    const { store, database, epoch } = await begin(context);
    const before = await everything(store);
    const killed = commit({ epoch, sequenceBefore: 1, ...brings(epoch) });
    const release = await hold(database, table);
    let isOver = false;
    const outcome = assert.rejects(store.commit(killed), isUnavailable).finally(() => {
      isOver = true;
    });
    // A wait for a lock ends by itself after a second; on a slow machine that may come first, and must leave nothing either.
    while (!isOver) await database.ask(killWaiting);
    await outcome;
    await release();
    assert.deepEqual(await everything(store), before);
    assert.equal(await store.committed(killed.id), false);
    const next = commit({ epoch, sequenceBefore: 1, ...brings(epoch) });
    assert.deepEqual(await store.commit(next), { kind: "committed", lastEventId: 3 });
  });
}

const killWaiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'sluice' AND wait_event_type = 'Lock'`;

/** Lets everybody read a table and nobody write it. */
async function hold(database: TestDatabase, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE sluice_${table} IN EXCLUSIVE MODE`);
  return () => client.end();
}

const losses = {
  "before the server saw it: it is not in": { isSent: false, isIn: false },
  "after the server did it: it is in": { isSent: true, isIn: true },
};

for (const [name, { isSent, isIn }] of Object.entries(losses)) {
  test(`a COMMIT lost ${name}`, async (context) => {
    const { store, database, epoch, open } = await begin(context);
    const proxy = await makeTestProxy(database.url);
    context.after(() => proxy.close());
    const lost = commit({ epoch, sequenceBefore: 1, ...brings(epoch) });
    const caught = proxy.catchCommit();
    const outcome = assert.rejects(open(proxy.url).store.commit(lost), isUnavailable);
    const { forward, cutClient, cutServer } = await caught;
    if (isSent) await forward();
    cutClient();
    cutServer();
    await outcome;
    assert.equal(await firstAnswer(() => store.committed(lost.id)), isIn);
    assert.equal((await store.head())?.sequence, isIn ? 2 : 1);
  });
}

test("a database that is empty again under those who use it gets its tables, and the world goes into it anew", async (context) => {
  const { store, lease, database, epoch } = await begin(context);
  const tables = await database.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  await database.ask(`DROP TABLE ${tables.map(({ tablename }) => String(tablename)).join(", ")}`);
  assert.deepEqual(await Promise.all([lease.read(), store.head(), store.load()]), [undefined, undefined, undefined]);
  assert.equal((await store.commit(firstCommit(epoch))).kind, "fenced");
  assert.deepEqual(await lease.acquire("a", 600_000), { kind: "acquired", epoch: 1 });
  assert.equal((await store.commit(firstCommit(1))).kind, "committed");
});

test("while a commit is undecided, nobody learns that it isn't in, and nobody takes the lease", async (context) => {
  const { store, lease, database, epoch, open } = await begin(context);
  const proxy = await makeTestProxy(database.url);
  context.after(() => proxy.close());
  const row = await lease.read();
  assert.ok(row);
  const slow = commit({ epoch, sequenceBefore: 1, ...brings(epoch) });
  const caught = proxy.catchCommit();
  const outcome = assert.rejects(open(proxy.url).store.commit(slow), isUnavailable);
  const { forward, cutClient } = await caught;
  cutClient();
  await outcome;
  const answers = [firstAnswer(() => store.committed(slow.id)), firstAnswer(() => lease.seize(row, "b", 600_000))];
  let isAnswered = false;
  for (const answer of answers) void answer.finally(() => (isAnswered = true));
  while ((await database.ask(waiting)).length < answers.length) assert.equal(isAnswered, false);
  assert.equal(isAnswered, false);
  await forward();
  assert.deepEqual(await Promise.all(answers), [true, { kind: "acquired", epoch: epoch + 1 }]);
});

test("while a takeover is undecided, a commit waits for it, and is fenced", async (context) => {
  const { store, database, epoch } = await begin(context);
  const rival = new pg.Client({ connectionString: database.url });
  await rival.connect();
  await rival.query("BEGIN; UPDATE sluice_lease SET epoch = epoch + 1");
  const late = commit({ epoch, sequenceBefore: 1, ...brings(epoch) });
  const writes = [
    firstAnswer(() => store.commit(late)),
    firstAnswer(() => store.append({ epoch, by: "a", entries: dated([event(4)]) })),
  ];
  let isAnswered = false;
  for (const write of writes) void write.finally(() => (isAnswered = true));
  while ((await database.ask(waiting)).length < writes.length) assert.equal(isAnswered, false);
  await rival.query("COMMIT");
  await rival.end();
  assert.deepEqual(await Promise.all(writes), [
    { kind: "fenced", epoch: epoch + 1 },
    { kind: "fenced", epoch: epoch + 1 },
  ]);
});

test("a server that falls silent at the COMMIT is given up in 2.5 s, without waiting for a rollback", async (context) => {
  const { database, epoch, open } = await begin(context);
  const proxy = await makeTestProxy(database.url);
  context.after(() => proxy.close());
  const caught = proxy.catchCommit();
  const outcome = assert.rejects(
    open(proxy.url).store.commit(commit({ epoch, sequenceBefore: 1, ...brings(epoch) })),
    isUnavailable,
  );
  await caught;
  const began = performance.now();
  await outcome;
  // Waiting for a second answer would make it 5 s; the rest is for a busy machine.
  assert.ok(performance.now() - began < 4_500);
});

const waiting = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'sluice' AND wait_event_type = 'Lock'`;

/** Asks until there is an answer, as the arbiter does: a wait for a lock ends after a second. */
async function firstAnswer<T>(question: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await question();
    } catch (error) {
      if (!isUnavailable(error as SluiceError) || attempt === 5) throw error;
    }
  }
}

test("a lease row reads alike, and is seized, whatever dates look like by the database's settings", async (context) => {
  const { lease, database, epoch, open } = await begin(context);
  const seen = await lease.read();
  assert.ok(seen);
  const { pathname } = new URL(database.url);
  for (const setting of ["timezone = 'Asia/Kolkata'", "datestyle = 'German, DMY'"]) {
    await database.ask(`ALTER DATABASE ${pathname.slice(1)} SET ${setting}`);
  }
  const [now] = await database.ask("SELECT expires_at::text AS text FROM sluice_lease");
  assert.notEqual(now?.["text"], seen.expiresAt);
  const other = open().lease;
  assert.deepEqual(await other.read(), seen);
  assert.deepEqual(await other.seize(seen, "b", 600_000), { kind: "acquired", epoch: epoch + 1 });
});

async function journalOf(database: TestDatabase): Promise<readonly JournalLine[]> {
  const rows = await database.ask("SELECT id, entry, hash FROM sluice_journal ORDER BY id");
  return rows.map((row) => ({ id: Number(row["id"]), entry: String(row["entry"]), hash: String(row["hash"]) }));
}

/** The first line whose id or hash doesn't follow from the line before. */
function firstBroken(lines: readonly JournalLine[]): number | undefined {
  let before = journalStart;
  for (const line of lines) {
    if (line.id !== before.id + 1 || line.hash !== journalHash(before.hash, line.entry)) return line.id;
    before = line;
  }
  return undefined;
}

test("the journal's chain holds over commits and appends, and ends where the head says", async (context) => {
  const { store, database, epoch } = await begin(context);
  await store.commit(commit({ epoch, sequenceBefore: 1, ...brings(epoch) }));
  await store.append({ epoch, by: "a", entries: dated([event(4)]) });
  const lines = await journalOf(database);
  assert.equal(lines.length, 4);
  assert.equal(firstBroken(lines), undefined);
  const [head] = await database.ask("SELECT journal_id, journal_hash FROM sluice_head");
  assert.deepEqual([Number(head?.["journal_id"]), head?.["journal_hash"]], [4, lines.at(-1)?.hash]);
});

const tampering = {
  "a changed entry": "UPDATE sluice_journal SET entry = replace(entry, 'operator', 'somebody') WHERE id = 2",
  "a changed hash": "UPDATE sluice_journal SET hash = repeat('0', 64) WHERE id = 2",
  "a line taken out": "DELETE FROM sluice_journal WHERE id = 2",
  "two lines exchanged":
    "UPDATE sluice_journal SET id = -2 WHERE id = 2; UPDATE sluice_journal SET id = 2 WHERE id = 3",
};

for (const [what, sql] of Object.entries(tampering)) {
  test(`the chain shows ${what}`, async (context) => {
    const { store, database, epoch } = await begin(context);
    await store.commit(commit({ epoch, sequenceBefore: 1, ...brings(epoch) }));
    assert.equal(firstBroken(await journalOf(database)), undefined);
    await database.ask(sql);
    const lines = (await journalOf(database)).filter(({ id }) => id > 0);
    assert.ok([2, 3].includes(firstBroken(lines) ?? 0));
  });
}
