import assert from "node:assert/strict";
import { readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Ended } from "@sluice/cli";
import { readToken, request } from "@sluice/runtime";
import { startEmbeddedPostgres } from "@sluice/store-postgres";
import { peer } from "../../peers/peer.ts";
import { until } from "../../scenarios/world/until.ts";
import { isAlive } from "../up/process-table.ts";
import type { LabRecord } from "../up/record.ts";
import { alive, labAt, makePlace, type Run, remove, taken, untilRecorded, untilUp } from "./test-lab.ts";

// One lab from its first start to its last end, as a person at two shells would have it: each test goes on where the one
// before it stopped, since a lab takes seconds to start.

const place = await makePlace();
const lab = labAt(place, "lab");
const unbound = peer("unbound");
after(async () => {
  await lab[Symbol.asyncDispose]();
  await remove(place);
});

/** What `drill run --json` prints, as far as this reads it. */
type DrillReport = {
  readonly drill: string;
  readonly fault: string;
  readonly service: string;
  readonly site: string;
  readonly target: string;
  readonly verdict: string;
  readonly complaints: readonly string[];
  readonly rtoMs?: number;
  readonly objectiveMs: number;
  readonly heldForMs: number;
  readonly startedAtMs: number;
  readonly timeline: readonly { readonly ms: number; readonly what: string; readonly detail: string }[];
  readonly servers: readonly {
    readonly server: string;
    readonly isCounted: boolean;
    readonly empty: number;
    readonly servfail: number;
    readonly mixed: number;
  }[];
  readonly clients: {
    readonly resolver: string;
    readonly curve: readonly { readonly site: number; readonly target: number; readonly failed: number }[];
  };
  readonly comeback: { readonly firstAnswers: readonly unknown[]; readonly stayedQuarantined: boolean };
};

type Status = {
  readonly leader: string | null;
  readonly epoch: number;
  readonly fence: string;
  readonly configRevision: number;
  readonly vantages: readonly { readonly isFresh: boolean }[];
  readonly services: readonly {
    readonly service: string;
    readonly served: string;
    readonly isHome: boolean;
    readonly standby: readonly { readonly site: string; readonly isReady: boolean; readonly isQuarantined: boolean }[];
  }[];
  readonly nameservers: readonly { readonly isCurrent: boolean }[];
};

/** The status once it is as it should be. Asked over HTTP: a command a look would leave the lab no processor. */
function statusWhen(what: string, isSo: (status: Status) => boolean): Promise<Status> {
  const urls = place.config.arbiters.map((arbiter) => `${arbiter.url}/v1/status`);
  return until(
    what,
    async () => {
      const token = await readToken(fileOf("keys/operator.token"));
      for (const url of urls) {
        const answer = await request({ url, token, timeoutMs: 5_000 }).catch(() => undefined);
        if (answer?.status === 200) return isSo(answer.body as Status) ? (answer.body as Status) : undefined;
      }
      return undefined;
    },
    patienceMs,
  );
}

/** A minute, because other tests may have the processors. */
const patienceMs = 60_000;

const isSettled = (status: Status): boolean =>
  status.leader !== null &&
  status.vantages.every((vantage) => vantage.isFresh) &&
  status.nameservers.every((server) => server.isCurrent);

const isReadyAndHome = (status: Status): boolean =>
  isSettled(status) &&
  status.services.every(({ isHome }) => isHome) &&
  status.services.every(({ standby }) => standby.every((entry) => entry.isReady && !entry.isQuarantined));

const fenceOf = (status: Status): readonly number[] => (status.fence.split(":")[1] ?? "").split(".").map(Number);
const served = (status: Status, service: string): string | undefined =>
  status.services.find((entry) => entry.service === service)?.served;
const codeAnd = ({ code, stderr }: Ended): string => `${code} ${stderr.split(":")[0]}`;
const fileOf = (name: string): string => join(lab.root, name);

/** Nothing of it runs, and every port it had can be bound. */
async function isGone(record: LabRecord): Promise<void> {
  assert.deepEqual(alive(record), []);
  assert.ok(!isAlive(record.supervisor));
  assert.deepEqual(await taken(lab.parts), []);
  assert.equal(await lab.record(), undefined);
}

let running: Run;

test("of two starts at the same moment one wins, and the other says so and ends with 3", async () => {
  const both = [lab.up(), lab.up()];
  const first = await Promise.race(both.map(async (each) => ({ each, ended: await each.ended })));
  assert.equal(codeAnd(first.ended), "3 LAB_RUNNING");
  const winner = both.find((each) => each !== first.each);
  assert.ok(winner && winner.child.exitCode === null);
  running = winner;
});

test("a start that is killed half-way leaves nothing that `lab down` doesn't find, database included", async () => {
  const record = await untilRecorded(lab, 4);
  running.child.kill("SIGKILL");
  await running.ended;
  const left = (await lab.record()) ?? record;
  // Whoever was not told to begin yet ends by itself; the preferred arbiter had begun.
  assert.ok(alive(left).length > 0, "they outlive it");
  const down = await lab.sluice("lab", "down");
  assert.equal(down.code, 0, down.stderr);
  await isGone(left);
  const pidFile = await stat(fileOf("postgres/data/postmaster.pid")).catch(() => "gone");
  assert.equal(pidFile, "gone", "the database ended in order");
  assert.equal(codeAnd(await lab.sluice("lab", "down")), "3 LAB_DOWN");
});

test("a start prints where everything is, the token's path, what to try and how to end it", async () => {
  running = lab.up();
  const text = await untilUp(running);
  // What the table says to try works at once, on the first start of all too.
  for (const { name, url } of [...place.config.nameservers, ...place.config.gateways])
    assert.equal((await request({ url: `${url}/readyz`, timeoutMs: 5_000 })).status, 200, name);
  for (const { name, role, site, binds } of lab.parts) {
    const row = text.split("\n").find((line) => line.split(/ +/)[2] === name);
    assert.deepEqual(row?.split(/ +/).slice(0, 3), [site, role, name]);
    for (const { host, port } of binds) assert.ok(row?.includes(`${host}:${port}`), row);
  }
  const token = fileOf("keys/operator.token");
  assert.ok(text.includes(token));
  for (const secret of [token, lab.layout.record, lab.layout.adminToken, fileOf("keys/root.key")])
    assert.equal((await stat(secret)).mode & 0o777, 0o600, secret);
  for (const words of ["status", "drill run site-outage --service chat", "lab down"])
    assert.ok(text.includes(`pnpm sluice --dir ${lab.root} ${words}`), words);
  assert.match(text, /dig @127\.\d+\.\d+\.3 -p 5300 chat\.llm\.example \+short/);
  assert.ok(text.includes(`logs        ${lab.layout.logs}`));
});

test("the preferred one leads; every vantage is fresh, both services are placed, the standby is ready", async () => {
  await statusWhen("all is ready", isReadyAndHome);
  const status = await lab.json<Status>("status");
  assert.equal(status.leader, "arbiter-w");
  assert.equal(status.vantages.length, 3);
  assert.equal(served(status, "chat"), "site-a");
  assert.equal(served(status, "embed"), "site-a 80, site-b 20");
});

test("a start while one runs says so, changes nothing and ends with 3", async () => {
  const before = await lab.record();
  const second = await lab.up().ended;
  assert.equal(second.code, 3);
  assert.ok(
    second.stderr.includes(`LAB_RUNNING: a lab is already running in ${lab.root} (process ${running.child.pid})`),
  );
  assert.ok(second.stderr.includes("lab down"));
  assert.deepEqual(await lab.record(), before);
  assert.ok(before && alive(before).length === lab.parts.length);
});

type Served = {
  readonly requests: number;
  readonly errors: number;
  readonly reasons: unknown;
  readonly rows: readonly { readonly site: string; readonly channel: string }[];
};

test("a load goes through the gateways to where the service is, streams and gRPC calls too", async () => {
  const load = ["lab", "load", "--rps", "30", "--grpc", "--for", "2s"];
  const [followed, fixed] = [await lab.json<Served>(...load), await lab.json<Served>(...load, "--gateway", "site-b")];
  for (const { requests, errors, reasons, rows } of [followed, fixed]) {
    assert.ok(requests >= 40, String(requests));
    assert.equal(errors, 0, JSON.stringify(reasons));
    assert.ok(
      rows.some(({ channel }) => channel === "stable") && rows.every(({ channel }) => channel !== "experiment-v2"),
    );
  }
  assert.deepEqual(
    followed.rows.filter(({ site }) => site !== "site-a"),
    [],
  );
});

test("a fault is for a site's servers of one channel, and for as long as it was given", async () => {
  const asked = "lab fault --site site-a --channel experiment-v2 --latency 50 --for 1s".split(" ");
  const { servers, faults } = await lab.json<{ servers: readonly string[]; faults: unknown }>(...asked);
  assert.deepEqual([servers, faults], [["site-a-experiment-v2-1"], {}]);
  const unknown = await lab.sluice("lab", "fault", "--site", "site-a", "--channel", "nightly", "--hang");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^NOT_FOUND: site-a has no channel nightly\nKnown: stable, canary, experiment-v2\./);
});

test("what a person types wrongly is told, and changes nothing", async () => {
  const [kill, fault, drill] = await Promise.all([
    lab.sluice("lab", "kill", "site-q"),
    lab.sluice("lab", "fault", "site-q", "--hang"),
    lab.sluice("drill", "run", "site-outage", "--service", "chart", "--hold", "1s"),
  ]);
  assert.equal(kill.code, 2);
  assert.equal(kill.stderr, "NOT_FOUND: no site is called site-q\nKnown: site-a, site-b, site-w.\n");
  assert.equal(codeAnd(fault), "2 NOT_FOUND");
  assert.equal(codeAnd(drill), "2 NOT_FOUND");
  const record = await lab.record();
  assert.ok(record && alive(record).length === lab.parts.length);
});

const drills = [
  { fault: "killed", resolver: "authoritative", flags: [] },
  // The silent one goes through a real cache where there is one.
  {
    fault: "silent",
    resolver: unbound.path === undefined ? "authoritative" : "unbound",
    flags: ["--fault", "silent", ...(unbound.path === undefined ? [] : ["--resolver", "unbound"])],
  },
] as const;

for (const { fault, resolver, flags } of drills) {
  test(`a drill: site-a ${fault}, clients by ${resolver}; it passes, tells the story in order and comes home`, async () => {
    await statusWhen("all is ready for a drill", isReadyAndHome);
    const words = ["drill", "run", "site-outage", "--service", "chat", "--hold", "3s", ...flags];
    const { code, stdout, stderr } = await lab.sluice("--json", ...words);
    assert.equal(code, 0, `${stderr}${stdout}`);
    const report = JSON.parse(stdout) as DrillReport;
    const { drill, service, site, target, objectiveMs, verdict, complaints } = report;
    assert.deepEqual([drill, report.fault, service, site, target], ["site-outage", fault, "chat", "site-a", "site-b"]);
    assert.deepEqual([objectiveMs, verdict, complaints], [30_000, "passed", []]);
    assert.ok(report.rtoMs !== undefined && report.rtoMs > 0 && report.rtoMs <= report.objectiveMs, `${report.rtoMs}`);
    assert.ok(report.heldForMs >= 3_000);
    storyInOrder(report);
    assert.deepEqual(
      report.servers.map(({ server, isCounted, empty, servfail, mixed }) => [
        server,
        isCounted,
        empty + servfail + mixed,
      ]),
      [
        ["ns-a.llm.example", false, 0],
        ["ns-b.llm.example", true, 0],
        ["ns-w.llm.example", true, 0],
      ],
    );
    assert.equal(report.clients.resolver, resolver);
    assert.ok(
      report.clients.curve.some((row) => row.target > 0 && row.site === 0 && row.failed === 0),
      stdout,
    );
    assert.deepEqual(report.comeback.firstAnswers, [{ server: "ns-a.llm.example", sites: ["site-b"] }]);
    assert.equal(report.comeback.stayedQuarantined, true);
    const file = JSON.parse(await readFile(fileOf(`reports/${report.startedAtMs}.json`), "utf8")) as unknown;
    assert.deepEqual(file, report);
    const home = await statusWhen("everything is home", (status) => status.services.every(({ isHome }) => isHome));
    assert.deepEqual([served(home, "chat"), served(home, "embed")], ["site-a", "site-a 80, site-b 20"]);
  });
}

test("the clients of a drill go through a real Unbound", { skip: unbound.skip }, () => {
  assert.ok(drills.some((drill) => drill.resolver === "unbound"));
});

/** Each part of the story is there, and none before its cause. */
function storyInOrder({ timeline, rtoMs }: DrillReport): void {
  const at = (what: string): number => {
    const row = timeline.find((entry) => entry.what === what);
    assert.ok(row, `${what} is missing in ${JSON.stringify(timeline)}`);
    return row.ms;
  };
  const applied = [at("applied at ns-b.llm.example"), at("applied at ns-w.llm.example")];
  const story = [0, at("first failed probe"), at("quorum"), at("decision"), Math.min(...applied)];
  assert.deepEqual(
    story,
    story.toSorted((one, other) => one - other),
  );
  assert.ok(at("verified") >= at("decision"));
  assert.equal(Math.max(...applied), rtoMs);
  const times = timeline.map((row) => row.ms);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
}

test("a failover on an operator's word; away from home there is no drill", async () => {
  const moved = await lab.sluice("failover", "chat", "--to", "site-b", "--reason", "a test");
  assert.equal(moved.code, 0, moved.stderr);
  await statusWhen("site-b serves chat", (status) => served(status, "chat") === "site-b" && isSettled(status));
  const drill = await lab.sluice("drill", "run", "site-outage", "--service", "chat", "--hold", "1s");
  assert.equal(codeAnd(drill), "4 BRAKE");
  assert.match(drill.stderr, /chat is away from home \(site-b\)\nRun `sluice failback` first\./);
});

test("after a `kill -9` of the supervisor the next start finds its world and its ports again", async () => {
  const before = await statusWhen("the world before", isSettled);
  const left = await lab.record();
  running.child.kill("SIGKILL");
  await running.ended;
  assert.ok(left && alive(left).length === lab.parts.length, "everything else outlives it");
  running = lab.up();
  await untilUp(running);
  // Every part, and the database.
  const ended = lab.parts.length + 1;
  assert.ok(running.said.stderr.includes(`ended ${ended} processes that an earlier lab left running`));
  assert.deepEqual(alive(left), []);
  const found = await statusWhen("a leader of a new epoch", (seen) => isSettled(seen) && seen.epoch > before.epoch);
  assert.equal(served(found, "chat"), "site-b");
  assert.equal(served(found, "embed"), "site-a 80, site-b 20");
  assert.equal(found.configRevision, before.configRevision);
  const [epoch = 0, sequence = 0] = fenceOf(found);
  const [epochBefore = 0, sequenceBefore = 0] = fenceOf(before);
  assert.ok(epoch >= epochBefore && sequence >= sequenceBefore, `${before.fence} → ${found.fence}`);
});

test("paused, killed and healed twice at once, a site runs whole and every process once", async () => {
  const names = (await lab.record())?.parts.filter((part) => part.site === "site-a").map((part) => part.name) ?? [];
  for (const verb of ["pause", "kill"]) {
    const { parts } = await lab.json<{ readonly parts: readonly string[] }>("lab", verb, "site-a");
    assert.deepEqual(parts.toSorted(), names.toSorted(), verb);
  }
  const healed = await Promise.all([lab.sluice("lab", "heal", "site-a"), lab.sluice("lab", "heal", "site-a")]);
  assert.deepEqual(healed.map(codeAnd), ["0 ", "0 "]);
  const record = await lab.record();
  assert.equal(record?.parts.length, lab.parts.length);
  assert.equal(record && alive(record).length, lab.parts.length);
});

test("a process that ends by itself is told of in one line, and heal starts it again", async () => {
  const agent = (await lab.record())?.parts.find((part) => part.name === "agent-b");
  assert.ok(agent);
  process.kill(agent.pid, "SIGKILL");
  const line = await until("the line", () => /^agent-b ended by itself.*$/m.exec(running.said.stderr)?.[0]);
  assert.equal(
    line,
    `agent-b ended by itself (SIGKILL); \`pnpm sluice --dir ${lab.root} lab heal site-b\` starts it again`,
  );
  assert.deepEqual(
    (await lab.record())?.parts.filter((part) => part.name === "agent-b"),
    [],
  );
  assert.equal((await lab.sluice("lab", "heal", "site-b")).code, 0);
  assert.equal((await lab.record())?.parts.length, lab.parts.length);
});

test("`lab down` from another shell ends every process and frees every port", async () => {
  const record = await lab.record();
  assert.ok(record);
  const down = await lab.sluice("lab", "down");
  assert.deepEqual([down.code, down.stdout], [0, "the lab is down\n"]);
  await isGone(record);
  assert.equal((await running.ended).code, 0);
  assert.equal(codeAnd(await lab.sluice("lab", "down")), "3 LAB_DOWN");
  assert.equal(codeAnd(await lab.sluice("lab", "kill", "site-a")), "3 LAB_DOWN");
});

test("with DATABASE_URL it starts no database; ended by Ctrl-C while it starts and when it is up, nothing is left", async (t) => {
  const directory = join(place.directory, "database");
  await rename(lab.layout.postgres, directory);
  const database = await startEmbeddedPostgres({ directory, log: () => undefined });
  t.after(() => database.stop());
  const env = { DATABASE_URL: database.url };
  const early = lab.up(env);
  const begun = await untilRecorded(lab, 2);
  early.child.kill("SIGINT");
  const { code, stderr } = await early.ended;
  assert.equal(code, 3);
  assert.match(stderr, /^LAB_DOWN: the lab was ended before it was up$/m);
  await isGone(begun);

  const start = lab.up(env);
  await untilUp(start);
  const whole = await lab.record();
  assert.equal(whole?.parts.length, lab.parts.length);
  const found = await statusWhen("the world in that database", isSettled);
  assert.equal(served(found, "chat"), "site-b");
  assert.equal(await stat(lab.layout.postgres).catch(() => "none"), "none");
  start.child.kill("SIGINT");
  assert.equal((await start.ended).code, 0);
  await isGone(whole);
});
