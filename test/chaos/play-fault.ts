import { type ServerPoll, settledAt } from "@sluice/lab";
import { sleep } from "@sluice/runtime";
import { until } from "../scenarios/world/until.ts";
import type { Fault } from "./fault.ts";
import { decisionsIn, judge } from "./judge.ts";
import { comeHome, untilRecovered } from "./rest.ts";
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

/** Every nameserver that clients outside the lost site reach answers the other one only (docs/guarantees.md, I27). */
const budgetMs = 30_000;
const patienceMs = 60_000;
const settleMs = 300;
/** The observer's own pace, several times. */
const seenMs = 1_000;

export async function playFault(scene: Scene, fault: Fault): Promise<Row> {
  const { observer } = scene;
  const about = { id: fault.id, about: fault.about, how: fault.how, expected: sayExpected(fault) };
  const wrong: string[] = [];
  const note = (why: string | undefined): void => void (why === undefined || wrong.push(why));
  await comeHome(scene);
  await fault.prepare?.(scene);
  // What led here must have been seen before it is counted from here.
  await sleep(seenMs, scene.signal);
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
  wrong.push(...judge(fault, { entries, servers, before }));
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

function sayExpected({ expect }: Fault): string {
  if (expect.kind === "moves") return `moves to ${expect.to}`;
  return expect.kind === "stays" ? "stays" : `at most ${expect.movesMax} ${expect.movesMax === 1 ? "move" : "moves"}`;
}

const askedOf = (servers: readonly ServerPoll[]): number => servers.reduce((sum, { counts }) => sum + counts.asked, 0);
