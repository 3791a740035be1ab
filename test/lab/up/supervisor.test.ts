import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SluiceError } from "@sluice/core";
import { until } from "../../scenarios/world/until.ts";
import { layoutOf, type Part } from "./layout.ts";
import { prepareDirectories } from "./prepare.ts";
import { isAlive } from "./process-table.ts";
import { startProcess } from "./start-process.ts";
import { makeSupervisor, type Running } from "./supervisor.ts";

const ready = `console.log('{"event":"ready"}');`;
const scripts = {
  steady: `${ready} setInterval(() => {}, 1000);`,
  stubborn: `process.on("SIGTERM", () => {}); ${ready} setInterval(() => {}, 1000);`,
  fragile: `${ready} process.on("SIGUSR2", () => process.exit(7)); setInterval(() => {}, 1000);`,
  broken: `console.log("looking for the key"); console.error("KEY_UNREADABLE: no key here"); process.exit(3);`,
  mute: "setInterval(() => {}, 1000);",
};

const part = (name: string, script: string): Part => ({
  name,
  role: "agent",
  site: "site-a",
  binds: [],
  args: ["-e", script],
});

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-supervisor-"));
  const layout = layoutOf(directory);
  await prepareDirectories(layout);
  const noted: (readonly Running[])[] = [];
  const losses: string[] = [];
  const end = new AbortController();
  const hurry = new AbortController();
  const supervisor = makeSupervisor({
    layout,
    databaseUrl: "",
    onChange: (running) => noted.push(running),
    onLoss: (lost, how) => losses.push(`${lost.name} ${how}`),
  });
  t.after(async () => {
    end.abort();
    hurry.abort();
    await supervisor.stop(hurry.signal);
    await rm(directory, { recursive: true, force: true });
  });
  const pids = (): readonly number[] => supervisor.running().map(({ id }) => id.pid);
  return { layout, supervisor, noted, losses, end, hurry, pids };
}

const errorOf = async (work: Promise<unknown>): Promise<SluiceError> => {
  const error: unknown = await work.then(
    () => assert.fail("it should have failed"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SluiceError, String(error));
  return error;
};

test("whoever is killed before it has written a process down has started nothing", async (t) => {
  const { layout } = await setUp(t);
  const log = join(layout.logs, "one.log");
  const told = startProcess(["-e", "console.log('begun')"], log, { env: process.env });
  told.go();
  await once(told.process, "exit");
  assert.equal(await readFile(log, "utf8"), "begun\n");
  const untold = startProcess(["-e", "console.log('begun')"], log, { env: process.env });
  // What the system does when the other end dies.
  untold.process.stdin?.destroy();
  await once(untold.process, "exit");
  assert.equal(await readFile(log, "utf8"), "begun\n", "it never ran");
});

test("a process is told of in the turn that started it, before it is ready", async (t) => {
  const { supervisor, noted, end, pids } = await setUp(t);
  const starting = supervisor.start([part("one", scripts.steady), part("two", scripts.steady)], end.signal);
  assert.deepEqual(
    noted.map((running) => running.map(({ part: { name } }) => name)),
    [["one"], ["one", "two"]],
  );
  await starting;
  assert.equal(pids().length, 2);
});

test("starting what runs starts nothing, however many ask at once", async (t) => {
  const { supervisor, end, pids } = await setUp(t);
  const parts = [part("one", scripts.steady)];
  await Promise.all([1, 2, 3].map(() => supervisor.start(parts, end.signal)));
  const before = pids();
  await supervisor.start(parts, end.signal);
  assert.equal(before.length, 1);
  assert.deepEqual(pids(), before);
});

test("healing right after a kill waits until the killed one is gone, and two who heal get one process", async (t) => {
  const { supervisor, losses, end, pids } = await setUp(t);
  const parts = [part("one", scripts.steady)];
  await supervisor.start(parts, end.signal);
  const [first] = supervisor.running();
  supervisor.signal(parts, "SIGKILL");
  await Promise.all([supervisor.start(parts, end.signal), supervisor.start(parts, end.signal)]);
  assert.ok(first && !isAlive(first.id));
  assert.equal(pids().length, 1);
  assert.notEqual(pids()[0], first.id.pid);
  assert.deepEqual(losses, [], "a kill that was asked for is no loss");
});

test("healed is healed after a pause, after a kill, and after both in either order", async (t) => {
  const { supervisor, end, pids } = await setUp(t);
  const parts = [part("one", scripts.steady)];
  await supervisor.start(parts, end.signal);
  const orders = [
    ["SIGSTOP"],
    ["SIGKILL"],
    ["SIGSTOP", "SIGKILL"],
    ["SIGKILL", "SIGSTOP"],
    ["SIGSTOP", "SIGSTOP"],
  ] as const;
  for (const order of orders) {
    for (const signal of order) supervisor.signal(parts, signal);
    for (let twice = 0; twice < 2; twice += 1) {
      supervisor.signal(parts, "SIGCONT");
      await supervisor.start(parts, end.signal);
      assert.equal(pids().length, 1, order.join());
    }
    // Stopped, it wouldn't: it listens to SIGTERM and is started again.
    supervisor.signal(parts, "SIGTERM");
    await until(`${order.join()}: it goes on`, () => pids().length === 0 || undefined);
    await supervisor.start(parts, end.signal);
  }
});

test("one that ends before it is ready fails the start, with its last words, and leaves nothing of it", async (t) => {
  const { supervisor, layout, losses, end } = await setUp(t);
  const starting = supervisor.start([part("steady", scripts.steady), part("broken", scripts.broken)], end.signal);
  const error = await errorOf(starting);
  assert.equal(error.code, "START_FAILED");
  assert.equal(error.message, "broken ended before it was ready (exit 3)");
  assert.deepEqual(
    error.problems.map(({ message }) => message),
    ["looking for the key", "KEY_UNREADABLE: no key here"],
  );
  assert.equal(error.hint, `Read ${join(layout.logs, "broken.log")}.`);
  assert.deepEqual(losses, [], "the start's own error tells of it");
});

test("the last words are those of this start, not of the one before", async (t) => {
  const { supervisor, layout, end } = await setUp(t);
  await errorOf(supervisor.start([part("agent", "console.log('an old tale'); process.exit(1)")], end.signal));
  const error = await errorOf(
    supervisor.start([part("agent", "console.log('a new one'); process.exit(1)")], end.signal),
  );
  assert.deepEqual(
    error.problems.map(({ message }) => message),
    ["a new one"],
  );
  assert.equal(await readFile(join(layout.logs, "agent.log"), "utf8"), "an old tale\na new one\n");
});

test("a ready line of an earlier run doesn't make the next one ready", async (t) => {
  const { supervisor, end } = await setUp(t);
  const parts = [part("agent", scripts.steady)];
  await supervisor.start(parts, end.signal);
  supervisor.signal(parts, "SIGKILL");
  const error = await errorOf(supervisor.start([part("agent", scripts.broken)], end.signal));
  assert.equal(error.code, "START_FAILED");
});

test("one that ends by itself later is told of once", async (t) => {
  const { supervisor, losses, noted, end } = await setUp(t);
  const parts = [part("fragile", scripts.fragile)];
  await supervisor.start(parts, end.signal);
  supervisor.signal(parts, "SIGUSR2");
  await until("the loss is told", () => losses.length > 0 || undefined);
  assert.deepEqual(losses, ["fragile exit 7"]);
  assert.deepEqual(noted.at(-1), []);
});

test("an end while something starts ends that too, and nothing is started any more", async (t) => {
  const { supervisor, end, hurry } = await setUp(t);
  const starting = errorOf(supervisor.start([part("mute", scripts.mute)], end.signal));
  const [mute] = supervisor.running();
  end.abort();
  await supervisor.stop(hurry.signal);
  assert.equal((await starting).code, "LAB_DOWN");
  assert.ok(mute && !isAlive(mute.id));
  assert.equal((await errorOf(supervisor.start([part("late", scripts.steady)], end.signal))).code, "LAB_DOWN");
  assert.deepEqual(supervisor.running(), []);
});

test("in a hurry nobody is waited for: what ignores SIGTERM is killed at once", async (t) => {
  const { supervisor, end, hurry } = await setUp(t);
  await supervisor.start([part("stubborn", scripts.stubborn)], end.signal);
  const [stubborn] = supervisor.running();
  const stopped = supervisor.stop(hurry.signal).then(() => "stopped" as const);
  assert.equal(await Promise.race([stopped, until("a turn", () => true).then(() => "waits" as const)]), "waits");
  const from = performance.now();
  hurry.abort();
  await stopped;
  assert.ok(performance.now() - from < 3_500, "the grace is 4 s");
  assert.ok(stubborn && !isAlive(stubborn.id));
});

test("a paused process ends in order as well", async (t) => {
  const { supervisor, end, hurry } = await setUp(t);
  const parts = [part("one", scripts.steady)];
  await supervisor.start(parts, end.signal);
  const [one] = supervisor.running();
  supervisor.signal(parts, "SIGSTOP");
  await supervisor.stop(hurry.signal);
  assert.ok(one && !isAlive(one.id));
});
