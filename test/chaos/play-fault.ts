import type { JournalEntry } from "@sluice/core";
import { type ServerPoll, settledAt } from "@sluice/lab";
import { sleep } from "@sluice/runtime";
import { whyNotAtRest } from "../bench/ground/lab-client.ts";
import { until } from "../scenarios/world/until.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** What came of one fault. */
export type Row = {
  readonly id: string;
  readonly about: string;
  readonly how: string;
  readonly expected: string;
  /** Decisions while it lasted and until everything had recovered, as the journal has them. */
  readonly moves: readonly string[];
  /** From the fault until every nameserver that clients reach answered as expected; undefined where nothing should move. */
  readonly moveMs: number | undefined;
  /** From healing until every process was heard, every node current and somebody led. */
  readonly recoveryMs: number | undefined;
  readonly asked: number;
  readonly wrong: readonly string[];
};

const home = "site-a";
/** Every nameserver that clients outside the lost site reach answers the other one only (DESIGN §8). */
const budgetMs = 30_000;
const patienceMs = 60_000;
const settleMs = 300;

export async function playFault(scene: Scene, fault: Fault): Promise<Row> {
  const { observer } = scene;
  const about = { id: fault.id, about: fault.about, how: fault.how, expected: sayExpected(fault) };
  const wrong: string[] = [];
  const note = (why: string | undefined): void => void (why === undefined || wrong.push(why));
  await comeHome(scene);
  await fault.prepare?.(scene);
  const before = { polled: observer.polled(), entries: observer.journal().length, at: performance.now() };
  const violationsBefore = observer.tallies.findings.violations.length;
  let moveMs: number | undefined;
  let recoveryMs: number | undefined;
  try {
    const at = performance.now();
    const from = await fault.inject(scene);
    moveMs = await awaitExpected(scene, fault, from ?? at);
    note(await fault.whyWrong?.(scene));
  } catch (error) {
    note((error as Error).message);
  }
  try {
    const healedAt = performance.now();
    await fault.heal(scene);
    await untilRecovered(scene);
    recoveryMs = performance.now() - healedAt;
    note(await fault.whyWrongAfter?.(scene));
  } catch (error) {
    note((error as Error).message);
  }
  await sleep(settleMs, scene.signal);
  const entries = observer.journal().slice(before.entries);
  const servers = observer.polled();
  wrong.push(...judge(fault, { entries, servers, before: before.polled, since: before.at }));
  if (moveMs !== undefined)
    observer.tallies.demand(
      "I27",
      moveMs <= budgetMs,
      () => `${fault.id}: moved only after ${Math.round(moveMs ?? 0)} ms`,
    );
  wrong.push(
    ...observer.tallies.findings.violations.slice(violationsBefore).map(({ id, sentence }) => `${id}: ${sentence}`),
  );
  const asked = askedOf(servers) - askedOf(before.polled);
  return { ...about, moves: decisionsIn(entries), moveMs, recoveryMs, asked, wrong };
}

/** Waits for the move, and answers how long it took; or waits as long as nothing should move. */
async function awaitExpected(scene: Scene, { expect }: Fault, at: number): Promise<number | undefined> {
  if (expect.kind !== "moves") {
    await sleep(expect.forMs, scene.signal);
    return undefined;
  }
  const reached = scene.config.nameservers.filter(({ site }) => site !== expect.lost).map(({ name }) => name);
  const settled = (): number | undefined => {
    const polls = scene.observer.polled().filter(({ server }) => reached.includes(server));
    const since = polls.map((poll) => settledAt(poll, expect.to));
    const last = Math.max(...since.map((each) => each ?? Number.POSITIVE_INFINITY));
    // Standing for a moment, and not from before the fault.
    return performance.now() - last > settleMs ? last : undefined;
  };
  return Math.max(0, (await until(`${expect.to} alone is answered`, settled, patienceMs)) - at);
}

/** An operator brings everything back, as often as it takes: what has just healed isn't taken for well at once. */
async function comeHome(scene: Scene): Promise<void> {
  await untilRecovered(scene);
  let because: string | undefined = "";
  const look = async (): Promise<true | undefined> => {
    const status = await scene.status();
    if (status.services.some(({ isHome }) => !isHome))
      await scene.client.send("POST", "/v1/failback", { reason: "the next fault begins at home", by: "chaos" });
    because = whyNotAtRest(status);
    return (
      (because === undefined && scene.observer.polled().every((poll) => settledAt(poll, home) !== undefined)) ||
      undefined
    );
  };
  const tried = (): Promise<true | undefined> =>
    look().catch((error: Error) => {
      because = error.message;
      return undefined;
    });
  await until("everything at home and at rest", tried, patienceMs).catch(() => {
    throw new Error(`not at home and at rest before it: ${because}`);
  });
}

/** Every vantage is heard, every node serves what the leader says, every arbiter could lead, and no target is down. */
async function untilRecovered(scene: Scene): Promise<void> {
  let because = "";
  await until(
    "everything has recovered",
    async () => {
      because = (await whyNotRecovered(scene).catch((error: Error) => error.message)) ?? "";
      return because === "" || undefined;
    },
    patienceMs,
  ).catch(() => {
    throw new Error(`not recovered after ${patienceMs / 1_000} s: ${because}`);
  });
}

async function whyNotRecovered({ client }: Scene): Promise<string | undefined> {
  const { statuses, silent } = await client.survey();
  const leader = statuses.find(({ isLeading }) => isLeading);
  if (silent[0]) return `${silent[0].url} is silent`;
  if (!leader) return "nobody leads";
  const unready = statuses.find(({ whyNotReady }) => whyNotReady !== null);
  if (unready) return `${unready.arbiter}: ${unready.whyNotReady}`;
  const unheard = leader.vantages.find(({ isFresh }) => !isFresh);
  if (unheard) return `${unheard.agent}: ${unheard.because}`;
  const late = [...leader.nameservers, ...leader.gateways].find(({ isCurrent }) => !isCurrent);
  if (late) return `${"nameserver" in late ? late.nameserver : late.gateway} serves ${late.fence}, not ${leader.fence}`;
  const ill = leader.services.flatMap(({ pools }) => pools).find(({ verdict }) => verdict !== "healthy");
  return ill && `${ill.target} is ${ill.verdict}`;
}

type Judged = {
  readonly entries: readonly JournalEntry[];
  readonly servers: readonly ServerPoll[];
  readonly before: readonly ServerPoll[];
  readonly since: number;
};

/** What the answers and the journal say against it. */
function judge({ expect }: Fault, { entries, servers, before, since }: Judged): readonly string[] {
  const wrong: string[] = [];
  const place = (expect.kind === "stays" && expect.at) || home;
  for (const { server, counts, changes } of servers) {
    const earlier = before.find((poll) => poll.server === server)?.counts;
    for (const kind of ["empty", "servfail", "mixed"] as const) {
      const count = counts[kind] - (earlier?.[kind] ?? 0);
      if (count > 0) wrong.push(`${server} gave ${count} answers that were ${kind}`);
    }
    const away = changes.find(
      (change) => change.at >= since && change.kind === "answers" && change.sites.join() !== place,
    );
    if (expect.kind === "stays" && away) wrong.push(`${server} answered something else`);
  }
  const moves = entries.filter(({ event }) => event.kind === "decided");
  if (expect.kind === "stays" && moves.length > 0) wrong.push(`${moves.length} moves, and none should be`);
  if (expect.kind === "calm" && moves.length > expect.movesMax)
    wrong.push(`${moves.length} moves, at most ${expect.movesMax} should be`);
  return wrong;
}

function decisionsIn(entries: readonly JournalEntry[]): readonly string[] {
  return entries.flatMap(({ event }) => {
    if (event.kind !== "decided") return [];
    const { cause, from, to } = event.decision;
    const sites = (place: typeof from): string =>
      place.kind === "sites" ? place.shares.map(({ site }) => site).join("+") : place.kind;
    return [`${sites(from)} → ${sites(to)} (${cause.kind})`];
  });
}

function sayExpected({ expect }: Fault): string {
  if (expect.kind === "moves") return `moves to ${expect.to}`;
  return expect.kind === "stays" ? "stays" : `at most ${expect.movesMax} moves`;
}

const askedOf = (servers: readonly ServerPoll[]): number => servers.reduce((sum, { counts }) => sum + counts.asked, 0);
