import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import type { JournalEntry } from "@sluice/core";
import { readToken, request } from "@sluice/runtime";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@sluice/store-postgres";
import { until } from "../../scenarios/world/until.ts";
import { type Poll, startPoll } from "../poll/poll.ts";
import { labAt, makePlace, remove, untilUp } from "./test-lab.ts";

// Real processes. The only database stands in site A, and both are killed in the same moment, with the leader at the witness.

const place = await makePlace();
const lab = labAt(place, "lab");
const stop = new AbortController();
let database: EmbeddedPostgres | undefined;
let poll: Poll | undefined;
after(async () => {
  stop.abort();
  await poll?.ended;
  await lab[Symbol.asyncDispose]();
  await database?.stop();
  await remove(place);
});

/** A minute, because other tests may have the processors. */
const patienceMs = 60_000;

type Status = {
  readonly leader: string | null;
  readonly isLeading: boolean;
  readonly isFailsafe: boolean;
  readonly failsafeEntries: number;
  readonly epoch: number;
  readonly services: readonly {
    readonly service: string;
    readonly served: string;
    readonly standby: readonly { readonly isReady: boolean }[];
  }[];
  readonly nameservers: readonly { readonly isCurrent: boolean }[];
};

const [witness] = place.config.arbiters;
const ask = async (path: string) =>
  request({
    url: `${witness?.url}${path}`,
    token: await readToken(join(lab.root, "keys/operator.token")),
    timeoutMs: 5_000,
  });

/** What the witness's arbiter says, once it is so. */
const statusWhen = (what: string, isSo: (status: Status) => boolean): Promise<Status> =>
  until(
    what,
    async () => {
      const { status, body } = await ask("/v1/status");
      return status === 200 && isSo(body as Status) ? (body as Status) : undefined;
    },
    patienceMs,
  );

const served = ({ services }: Status): Readonly<Record<string, string>> =>
  Object.fromEntries(services.map((each) => [each.service, each.served]));

const home = join(place.directory, "database");
/** Without the password beside it, which the arbiters go on with. */
const data = join(home, "data");
/** Copies of it: before anything was in it, and as it was when site A went, before anything was done without it. */
const empty = join(place.directory, "empty");
const older = join(place.directory, "older");
/** With its owners: as root the server runs as somebody else. */
const copyData = (to: string) => promisify(execFile)("cp", ["-pR", data, to]);

const startDatabase = (port?: number): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({
    directory: home,
    log: () => undefined,
    ...(port === undefined ? {} : { port }),
  });

/** What the nameservers outside site A answer now. */
const answers = (): readonly string[] =>
  (poll?.servers() ?? []).map(({ changes }) => {
    const last = changes.at(-1);
    return last?.kind === "answers" ? last.sites.join("+") : "silent";
  });

test("the lab stands, with its only database in site A and the leader at the witness", async () => {
  const text = await readFile(place.file, "utf8");
  const inSiteA = text.replace(/store:\n {2}site: site-w/, 'store: { site: site-a, acceptStoreRisk: "a test" }');
  assert.notEqual(inSiteA, text);
  await writeFile(place.file, inSiteA);
  await (await startDatabase()).stop();
  await copyData(empty);
  database = await startDatabase();
  await untilUp(lab.up({ DATABASE_URL: database.url }));
  const isReady = (status: Status): boolean =>
    status.isLeading &&
    status.nameservers.every(({ isCurrent }) => isCurrent) &&
    status.services.every(({ standby }) => standby.every((entry) => entry.isReady));
  assert.deepEqual(served(await statusWhen("all is ready", isReady))["chat"], "site-a");
  const outside = place.config.nameservers.filter(({ site }) => site !== "site-a");
  const siteOf = (address: string) => place.config.sites.find(({ addresses }) => addresses.includes(address))?.name;
  const question = { name: "chat.llm.example", type: "A" } as const;
  poll = startPoll({ servers: outside, question, siteOf, intervalMs: 20, timeoutMs: 1_000, signal: stop.signal });
  await until("both answer site A", () => answers().every((sites) => sites === "site-a") && answers().length === 2);
});

test("both are gone in the same moment: every nameserver outside answers site B, without a store", async (t) => {
  assert.ok(database);
  const before = await statusWhen("it leads", ({ isLeading }) => isLeading);
  const faultAt = performance.now();
  process.kill(database.pid, "SIGQUIT");
  assert.equal((await lab.sluice("lab", "kill", "site-a")).code, 0);
  await until("both answer site B", () => answers().every((sites) => sites === "site-b"), patienceMs);
  t.diagnostic(`answered anew after ${((performance.now() - faultAt) / 1000).toFixed(1)} s`);
  const status = await statusWhen("both services have left", ({ services }) =>
    services.every((each) => each.served === "site-b"),
  );
  assert.deepEqual([status.isLeading, status.isFailsafe, status.epoch], [true, true, before.epoch]);
  assert.ok(status.failsafeEntries > 0);
  const { body } = await ask("/v1/explain/chat");
  const { lastDecision, isFailsafe } = body as { lastDecision: { cause: string } | null; isFailsafe: boolean };
  assert.deepEqual([lastDecision?.cause, isFailsafe], ["evacuate site-a", true]);
  const { stdout } = await lab.sluice("status");
  assert.match(stdout, /^FAILSAFE {2}the store is away/m);
});

test("an operator is obeyed meanwhile, and a configuration is not", async () => {
  const { code, stderr } = await lab.sluice("freeze", "embed", "--for", "1h", "--reason", "a test");
  assert.equal(code, 0, stderr);
  const { body } = await ask("/v1/config/current");
  const { revision, config } = body as { revision: number; config: object };
  const token = await readToken(join(lab.root, "keys/operator.token"));
  const put = { config, revisionBefore: revision, reason: "a test" };
  const refused = await request({
    url: `${witness?.url}/v1/config`,
    method: "PUT",
    body: put,
    token,
    timeoutMs: 5_000,
  });
  assert.equal(refused.status, 503);
});

test("the database comes back: all of it is in once, in order, and nothing that is answered changes", async () => {
  const { epoch } = await statusWhen("failsafe", ({ isFailsafe }) => isFailsafe);
  await database?.stop();
  await copyData(older);
  database = await startDatabase(database?.port);
  const back = await statusWhen("the store leads again", (each) => each.isLeading && !each.isFailsafe);
  assert.ok(back.epoch > epoch, "under a higher epoch");
  await statusWhen("nothing is kept any more", ({ failsafeEntries }) => failsafeEntries === 0);
  assert.equal((await lab.sluice("lab", "heal", "site-a")).code, 0);
  const { body } = await ask("/v1/events?after=0&limit=1000");
  const { events } = body as { events: readonly JournalEntry[] };
  const decided = events.flatMap(({ event }) => (event.kind === "decided" ? [event.decision] : []));
  const left = decided.filter(({ cause }) => cause.kind === "evacuate").map(({ service }) => service);
  assert.deepEqual(left.toSorted(), ["chat", "embed"]);
  const sequences = decided.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].toSorted((one, other) => one - other),
  );
  const entries = events.flatMap(({ event }) => (event.kind === "written-back" ? [event] : []));
  assert.deepEqual(
    entries.map(({ number, leader, isRecordOnly }) => [number, leader, isRecordOnly]),
    entries.map((_, index) => [index + 1, "arbiter-w", false]),
  );
  assert.equal(events.filter(({ event }) => event.kind === "override-set").length, 1);
  assert.deepEqual(answers(), ["site-b", "site-b"]);
});

const changesSeen = (): readonly number[] => (poll?.servers() ?? []).map(({ changes }) => changes.length);

/** The database dies once more, an operator says something meanwhile, and another comes in its place. What nodes answer stays. */
async function comesBackAs(replace: () => Promise<void>, word: readonly string[]): Promise<readonly JournalEntry[]> {
  assert.ok(database);
  const before = await statusWhen("it leads", ({ isLeading, isFailsafe }) => isLeading && !isFailsafe);
  const seen = changesSeen();
  process.kill(database.pid, "SIGQUIT");
  await statusWhen("failsafe", ({ isFailsafe }) => isFailsafe);
  const { code, stderr } = await lab.sluice(...word, "--reason", "a test");
  assert.equal(code, 0, stderr);
  await database.stop();
  await rm(data, { recursive: true });
  await replace();
  database = await startDatabase(database.port);
  const back = await statusWhen("it is in", (each) => each.isLeading && !each.isFailsafe && each.failsafeEntries === 0);
  assert.ok(back.epoch > before.epoch, "under a higher epoch, though the store knew of a lower one");
  assert.deepEqual(served(back), served(before));
  await statusWhen("every nameserver has it", ({ nameservers }) => nameservers.every(({ isCurrent }) => isCurrent));
  assert.deepEqual([answers(), changesSeen()], [["site-b", "site-b"], seen], "and no answer changed meanwhile");
  const { body } = await ask("/v1/events?after=0&limit=1000");
  return (body as { events: readonly JournalEntry[] }).events;
}

const kinds = (events: readonly JournalEntry[]): ReadonlySet<string> => new Set(events.map(({ event }) => event.kind));

test("the database comes back as it was before site A went: nothing that was done since is taken back", async () => {
  const events = await comesBackAs(() => rename(older, data), ["freeze", "chat", "--for", "1h"]);
  assert.ok(kinds(events).has("written-back"));
});

test("the database comes back empty: the world goes into it as it is", async () => {
  const events = await comesBackAs(() => rename(empty, data), ["freeze", "chat", "--for", "2h"]);
  assert.ok(kinds(events).has("written-back"));
  assert.ok(!kinds(events).has("decided"), "what was before is gone with the data");
});
