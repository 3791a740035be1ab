import { randomInt } from "node:crypto";
import type { EpochMs } from "@sluice/core";
import { type Poll, type PollServer, type ServerPoll, settledAt, startPoll } from "@sluice/lab";
import { sleep, systemClock } from "@sluice/runtime";
import { untilReady } from "../ground/until.ts";
import type { Ground } from "./ground.ts";
import type { Fault } from "./series.ts";

/** How long after the fault the first answer held the standby, and since when every answer did. Unit: milliseconds. */
export type Move = { readonly firstMs: number; readonly allMs: number };

export type Round = {
  readonly ours: Move;
  readonly theirs: Move | undefined;
  /** While the fault lasted. */
  readonly from: EpochMs;
  readonly until: EpochMs;
};

const pollEveryMs = 10;
const pollTimeoutMs = 1_000;
/** Answers must stand for so long before they count as moved. */
const settleMs = 500;
const patienceMs = 45_000;
/** Polls begin so long before the fault, and the restarts of the round before have died down. */
const restMs = 1_500;
/** The fault comes anywhere within both probers' intervals, so that neither is met at its best moment. */
const phaseMsMax = 2_000;

/**
 * One fault on both at once: everything in Site A, and gdnsd's primary. Both start from rest and share the machine's moods, and
 * nothing is healed before both have moved, so that no restart weighs on the slower one.
 */
export async function playRound(
  ground: Ground,
  fault: Fault,
  options: { readonly withRival: boolean; readonly signal: AbortSignal },
): Promise<Round> {
  await ground.untilAtRest();
  const rival = options.withRival ? ground.rival : undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const ours = pollOurs(ground, signal);
  const theirs = rival && pollTheirs(rival, signal);
  try {
    await sleep(restMs + randomInt(phaseMsMax), signal);
    const from = systemClock.wallMs();
    const theirsAt = rival?.fail(fault) ?? 0;
    const oursAt = await ground.fail(fault);
    const until = (poll: Poll, target: string) => untilMoved(poll, { target, signal });
    const [oursMoved, theirsMoved] = await Promise.all([
      until(ours, "site-b"),
      theirs ? until(theirs, "secondary") : undefined,
    ]);
    return {
      from,
      until: systemClock.wallMs(),
      ours: moveOf(oursMoved, "site-b", oursAt),
      theirs: theirsMoved && moveOf(theirsMoved, "secondary", theirsAt),
    };
  } finally {
    stop.abort();
    await Promise.all([ours.ended, theirs?.ended]);
    if (!options.signal.aborted) await Promise.all([ground.heal(), rival?.heal()]);
  }
}

const pace = { intervalMs: pollEveryMs, timeoutMs: pollTimeoutMs };

function pollOurs(ground: Ground, signal: AbortSignal): Poll {
  const { sites, services } = ground.lab.config;
  const siteOf = (address: string): string | undefined => sites.find((each) => each.addresses.includes(address))?.name;
  const question = { name: services[0]?.host ?? "", type: "A" } as const;
  return startPoll({ ...pace, servers: ground.outside, question, siteOf, signal });
}

function pollTheirs({ gdnsd, primary }: NonNullable<Ground["rival"]>, signal: AbortSignal): Poll {
  const servers: readonly PollServer[] = [gdnsd.server];
  const siteOf = (address: string): string => (address === primary ? "primary" : "secondary");
  return startPoll({ ...pace, servers, question: { name: gdnsd.host, type: "A" }, siteOf, signal });
}

type Watched = { readonly target: string; readonly signal: AbortSignal };

async function untilMoved(poll: Poll, { target, signal }: Watched): Promise<readonly ServerPoll[]> {
  await untilReady({ timeoutMs: patienceMs, signal }, async () => {
    const now = systemClock.monotonicMs();
    const late = poll.servers().find((server) => now - (settledAt(server, target) ?? now) < settleMs);
    return late && `${late.server} does not answer ${target} only`;
  });
  return poll.servers();
}

function moveOf(polls: readonly ServerPoll[], target: string, faultAt: number): Move {
  const first = Math.min(...polls.map((poll) => poll.firstMovedAt ?? Number.POSITIVE_INFINITY));
  const all = Math.max(...polls.map((poll) => settledAt(poll, target) ?? Number.POSITIVE_INFINITY));
  if (first < faultAt) throw new Error(`${polls.map((poll) => poll.server).join(", ")} moved before the fault`);
  return { firstMs: first - faultAt, allMs: all - faultAt };
}
