import { type AgentConfig, type Envelope, type Report, type SelfCheck, type Vote } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { makeProcess, type SimulatedProcess } from "@sluice/testkit";
import { stallMaxMs } from "../../../services/agent/src/heartbeat.ts";
import { type LookPlan, lookPlans } from "../../../services/agent/src/look-target.ts";
import { type Held, newsSince } from "../../../services/agent/src/news.ts";
import { beginLook, isDue, nextLookAt, suspect } from "../../../services/agent/src/pace.ts";
import { outsideOf } from "../../../services/agent/src/reach.ts";
import { wantsAgain } from "../../../services/agent/src/reporter.ts";
import { checkEnded, type Eyes, isCutOff, judgeEyes, newEyes } from "../../../services/agent/src/self-check.ts";
import { newWatched, noteLook, voteOf, type Watched } from "../../../services/agent/src/watched.ts";
import { makeSigner } from "../keys.ts";
import { mayUpgrade } from "../versions.ts";
import type { Actor, World } from "../world.ts";
import type { Made, SimArbiter } from "./arbiter.ts";

/** An agent by its own pure parts: health, pace, self-check and reports. Sockets and timers are the simulation's. */
export interface SimAgent extends Actor {
  /** Earlier reports, for whoever replays them. */
  readonly sent: readonly Sent[];
  /** From now on it lies like this; undefined: it is honest. */
  lie(how: Lie | undefined): void;
}

export type Lie = "down" | "healthy" | "flip";
export type Sent = { readonly to: SimArbiter; readonly envelope: Envelope; readonly made: Made };

type Options = {
  readonly entry: AgentConfig;
  readonly arbiters: readonly SimArbiter[];
  readonly agents: () => readonly SimAgent[];
  readonly rate: number;
  readonly wallErrorMs: number;
};

/** What one life of an agent holds. */
type Life = {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly options: Options;
  readonly chance: Prng;
  readonly bootId: string;
  readonly watched: Map<string, Watched>;
  /** Looks at each gray target, of which every third goes well: degraded, and never four failures in a row. */
  readonly grayLooks: Map<string, number>;
  /** When the next event of a target is planned, so that there is one of each. */
  readonly planned: Map<string, number>;
  readonly lines: Line[];
  readonly sent: Sent[];
  eyes: Eyes;
  given: string;
  generation: number;
  isChecking: boolean;
  lie: Lie | undefined;
};

type Line = {
  readonly to: SimArbiter;
  nonce: string;
  seq: number;
  held: Held | undefined;
  cursor: number;
  isBusy: boolean;
  isHurried: boolean;
  planned: number;
};

const sentMax = 200;

export function makeSimAgent(world: World, options: Options): SimAgent {
  const { name, site } = options.entry;
  const { rate, wallErrorMs } = options;
  const process = makeProcess(world.kernel, { name, site, rate, wallErrorMs });
  const sent: Sent[] = [];
  let lives = 0;
  let life: Life | undefined;
  let lie: Lie | undefined;
  return {
    process,
    sent,
    start() {
      if (lives > 0) mayUpgrade(world, name);
      process.start();
      lives += 1;
      const chance = world.kernel.chance(`${name} ${lives}`);
      const lines = options.arbiters.map((to) => ({
        to,
        nonce: "",
        seq: 0,
        held: undefined,
        cursor: 0,
        isBusy: false,
        isHurried: false,
        planned: 0,
      }));
      life = {
        world,
        process,
        options,
        chance,
        bootId: `${name}-${lives}`,
        watched: new Map(),
        planned: new Map(),
        grayLooks: new Map(),
        lines,
        sent,
        eyes: newEyes,
        given: "",
        generation: 0,
        isChecking: false,
        lie,
      };
      live(life);
    },
    lie(how) {
      lie = how;
      if (life) life.lie = how;
    },
  };
}

function live(life: Life): void {
  const { world, process } = life;
  begin(life, world.config.probes.intervalMs);
  for (const line of life.lines)
    process.after(life.chance.next() * 100, `${process.name} reports`, () => report(life, line));
  process.after(0, `${process.name} self-check`, () => watchSelf(life));
  process.onGap(() => noticeStall(life));
}

/** Every target anew: at a start, and after the agent was cut off. */
function begin(life: Life, spreadMs: number): void {
  const now = life.process.clock.monotonicMs();
  for (const plan of lookPlans(life.world.config)) {
    const entry = newWatched(plan, now, { spreadMs, beatMs: spreadMs / 4 });
    life.watched.set(plan.key, entry);
    life.planned.delete(plan.key);
    expect(life, entry);
  }
}

function expect(life: Life, entry: Watched): void {
  const { process, world, planned } = life;
  const { key } = entry.plan;
  const at = nextLookAt(entry.pace, world.config.probes.intervalMs);
  if (at === undefined || (planned.get(key) ?? Number.POSITIVE_INFINITY) <= at) return;
  planned.set(key, at);
  const lateMs = life.chance.next() * 3;
  process.after(Math.max(0, at - process.clock.monotonicMs()) + lateMs, "look", () => {
    if (life.watched.get(key) !== entry || planned.get(key) !== at) return;
    planned.delete(key);
    if (isDue(entry.pace, process.clock.monotonicMs(), world.config.probes.intervalMs)) look(life, entry);
    else expect(life, entry);
  });
}

function look(life: Life, entry: Watched): void {
  const { process, world } = life;
  const { clock } = process;
  const [startedAt, wallAt, begun] = [clock.monotonicMs(), clock.wallMs(), life.generation];
  entry.pace = beginLook(entry.pace, startedAt);
  const settings = world.config.probes;
  const seen = see(life, entry.plan);
  process.after(seen.tookMs, "looked", () => {
    if (life.watched.get(entry.plan.key) !== entry) return;
    const isLate = clock.monotonicMs() - startedAt > settings.deadlineMs + stallMaxMs;
    const counted = begun !== life.generation || isLate ? undefined : seen.result;
    const { isChange, isFirstFailure } = noteLook(entry, counted, { settings, startedAt, wallAt });
    if (isFirstFailure) check(life);
    if (isChange) hurry(life);
    expect(life, entry);
  });
  expect(life, entry);
}

/** The site in `edge:site-a` and in `pool:chat/stable@site-a`. */
const siteOfTarget = (key: string): string => key.slice(Math.max(key.lastIndexOf("@"), key.lastIndexOf(":")) + 1);

type Seen = { readonly tookMs: number; readonly result: Parameters<typeof noteLook>[1] };

/** What one look meets: how the target is, and whether packets come and go. */
function see({ world, process, chance, grayLooks }: Life, plan: LookPlan): Seen {
  const site = siteOfTarget(plan.key);
  const mode = world.truth.get(plan.key) ?? "up";
  const { deadlineMs } = world.config.probes;
  const isThrough = world.network.passes(process.site, site) && world.network.passes(site, process.site);
  const roundMs = world.network.link(process.site, site).delayMs * 2 + chance.next() * 3;
  const failed = (because: string, tookMs: number): Seen => ({ tookMs, result: { kind: "failed", because } });
  if (!isThrough || mode === "silent") return failed("no answer", deadlineMs);
  if (mode === "refusing") return failed("connect ECONNREFUSED", roundMs);
  const count = (grayLooks.get(plan.key) ?? 0) + 1;
  if (mode === "gray") grayLooks.set(plan.key, count);
  if (mode === "gray" && count % 3 !== 0) return failed("status 503", roundMs);
  return { tookMs: roundMs, result: { kind: "ok", ms: roundMs } };
}

function judge(life: Life): SelfCheck {
  const entries = [...life.watched.values()];
  life.eyes = { ...life.eyes, firstLooksIn: life.eyes.firstLooksIn || entries.every((entry) => entry.hasLooked) };
  const down = entries.flatMap((entry) => entry.downSince ?? []);
  const at = { now: life.process.clock.monotonicMs(), intervalMs: life.world.config.probes.intervalMs };
  return judgeEyes(life.eyes, down.length === 0 ? at : { ...at, failingSince: Math.max(...down) });
}

function report(life: Life, line: Line, isRepeat = false): void {
  if (line.isBusy) return;
  line.isBusy = true;
  line.isHurried = false;
  line.planned += 1;
  const mine = line.planned;
  const done = life.process.bound<boolean>("reported", (isWanted) => {
    line.isBusy = false;
    const isAgain = isWanted && !isRepeat;
    const dueMs = isAgain || line.isHurried ? 0 : life.world.config.probes.intervalMs;
    life.process.after(dueMs, `${life.process.name} reports`, () => {
      if (line.planned === mine) report(life, line, isAgain);
    });
  });
  void sendReport(life, line).then(done);
}

/** True when the arbiter wants the report again, under the nonce it just gave. */
async function sendReport(life: Life, line: Line): Promise<boolean> {
  const { world, process } = life;
  line.seq += 1;
  const selfCheck = judge(life);
  life.given = selfCheck.kind === "ok" ? "ok" : selfCheck.because;
  const body: Report = {
    agent: process.name,
    arbiter: line.to.process.name,
    nonce: line.nonce,
    bootId: life.bootId,
    seq: line.seq,
    configRevision: lineRevision(line),
    selfCheck: life.lie === undefined ? selfCheck : { kind: "ok" },
    votes: votes(life),
  };
  const made: Made = { report: body, at: world.kernel.now(), wallError: process.wallError() };
  const envelope = makeSigner(process.name).sign("report", { ...body, ...newsSince(line.held, body) });
  line.held = undefined;
  life.sent.push({ to: line.to, envelope, made });
  if (life.sent.length > sentMax) life.sent.shift();
  const askedAt = process.clock.monotonicMs();
  const serve = async () => {
    const reply = line.to.take(envelope, made);
    return reply && { ...reply, news: await line.to.suspicions(process.name, line.cursor) };
  };
  const what = `${process.name} to ${line.to.process.name}`;
  const answer = await world.network.call({ from: process, to: line.to.process, what, timeoutMs: 1_000, serve });
  const reply = answer.kind === "answer" ? answer.value : undefined;
  if (!reply) return false;
  line.nonce = reply.nonce;
  if (reply.holds === body.seq) line.held = body;
  revisions.set(line, reply.configRevision);
  line.cursor = reply.news.cursor;
  for (const target of reply.news.targets) suspectTarget(life, target);
  if (line.to.process.site !== process.site) checked(life, askedAt, true);
  return wantsAgain(reply.result);
}

const revisions = new WeakMap<Line, number>();
/** The configuration never differs here, only its number: the agent takes whatever its arbiter says is in force. */
const lineRevision = (line: Line): number => revisions.get(line) ?? 0;

function suspectTarget(life: Life, target: string): void {
  const entry = life.watched.get(target);
  if (!entry) return;
  entry.pace = suspect(entry.pace, life.process.clock.monotonicMs());
  expect(life, entry);
}

function votes(life: Life): readonly Vote[] {
  const { world, lie, process } = life;
  const seen = [...life.watched.values()].map((entry) => voteOf(entry, world.config.probes));
  const honest = hearsGateways(life) ? seen.map((vote) => withOwnTraffic(world, process.site, vote)) : seen;
  if (lie === undefined) return honest;
  const isDown = lie === "down" || (lie === "flip" && Math.floor(process.clock.monotonicMs() / 1_000) % 2 === 0);
  return honest.map(({ target }) => ({ target, opinion: isDown ? "down" : "healthy", suspect: false }));
}

const hearsGateways = ({ world, process }: Life): boolean =>
  world.swarm.has("own-traffic") &&
  !world.older.has(process.name) &&
  world.config.gateways.some(({ site }) => site === process.site);

function withOwnTraffic({ ownTraffic }: World, site: string, vote: Vote): Vote {
  if (!vote.target.startsWith("pool:") || siteOfTarget(vote.target) !== site) return vote;
  return { ...vote, traffic: { state: ownTraffic.get(vote.target) ?? "healthy", because: "" } };
}

function hurry(life: Life): void {
  for (const line of life.lines) {
    line.isHurried = true;
    report(life, line);
  }
}

/** Its own health: who outside takes a connection. */
function watchSelf(life: Life): void {
  const { intervalMs } = life.world.config.probes;
  const { process } = life;
  const reachedAt = life.eyes.reachedBeganAt ?? Number.NEGATIVE_INFINITY;
  if (process.clock.monotonicMs() - reachedAt > intervalMs * 1.5) check(life);
  process.after(intervalMs, "self-check", () => watchSelf(life));
}

function check(life: Life): void {
  if (life.isChecking) return;
  life.isChecking = true;
  const { world, process } = life;
  const beganAt = process.clock.monotonicMs();
  const reached = reachesAny(life);
  process.after(reached ? 30 : world.config.probes.deadlineMs, "self-checked", () => {
    life.isChecking = false;
    checked(life, beganAt, reached);
  });
}

function reachesAny({ world, process, options }: Life): boolean {
  const outside = outsideOf(world.config, process.site);
  const doors = [...options.agents(), ...options.arbiters].map((peer) => peer.process);
  const isOpen = (door: SimulatedProcess): boolean =>
    door.site !== process.site &&
    door.isUp() &&
    world.network.passes(process.site, door.site) &&
    world.network.passes(door.site, process.site);
  return outside.peers.length === 0 || doors.some(isOpen);
}

function checked(life: Life, beganAt: number, reached: boolean): void {
  const wasCutOff = isCutOff(life.eyes);
  life.eyes = checkEnded(life.eyes, beganAt, reached);
  if (wasCutOff && !isCutOff(life.eyes)) begin(life, Math.ceil(life.world.config.probes.intervalMs / 4));
  const now = judge(life);
  if (life.given !== "" && (now.kind === "ok" ? "ok" : now.because) !== life.given) hurry(life);
}

/** The heartbeat's finding: the whole process stood still, and what is under way proves nothing. */
function noticeStall(life: Life): void {
  life.eyes = { ...life.eyes, stalledAt: life.process.clock.monotonicMs() };
  life.generation += 1;
  life.world.checks.sometimes("an agent noticed that it had stood still");
}
