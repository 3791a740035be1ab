import { randomInt } from "node:crypto";
import type { JournalEntry } from "@sluice/core";
import type { ServerPoll } from "@sluice/lab";
import { sleep } from "@sluice/runtime";
import { statusOf } from "../ground/lab-client.ts";
import { pollAll } from "../ground/poll-all.ts";
import { untilReady } from "../ground/until.ts";
import type { Fault, Ground } from "./ground.ts";
import { prepareNudge } from "./nudge.ts";
import { type Watched, watchStore } from "./watch-store.ts";

export type Round = {
  readonly fault: Fault;
  readonly from: string;
  readonly to: string;
  /** From the fault until the store had taken the successor's first write under its epoch, and until every nameserver served it. */
  readonly writeMs: number;
  readonly servedMs: number;
  /** What became of the change that was under way: its client was told, or it is in all the same, or it never was. */
  readonly change: "told" | "in" | "not in" | "torn";
  /** Everything that was not as it must be. */
  readonly wrong: readonly string[];
};

const patienceMs = 45_000;
/** The old one is healed this long after its successor's first write, at most, and watched for as long again and more. */
const wakeMsMax = 3_000;
const watchMs = 4_000;

/** Loses the leader in the middle of a change, waits for its successor, wakes the old one and watches what it does. */
export async function playRound(ground: Ground, fault: Fault, signal: AbortSignal): Promise<Round> {
  const from = await ground.untilAtRest();
  const before = await worldOf(ground);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  const poll = pollAll(ground.installation.config, ending);
  const watched = await watchStore(ground.postgres, ending);
  const nudge = await prepareNudge(ground.client);
  try {
    await sleep(500 + randomInt(2_500), signal);
    const at = await ground.fail(from, fault, nudge.send);
    await untilReady({ timeoutMs: patienceMs, signal }, async () => watched.whyNotTaken(from));
    const taken = watched.taken(from);
    await untilReady({ timeoutMs: patienceMs, signal }, () => whyNotServed(ground, taken?.epoch ?? 0));
    const servedMs = performance.now() - at;
    const after = await worldOf(ground);
    await sleep(randomInt(wakeMsMax), signal);
    await ground.heal(from, fault);
    await sleep(watchMs, signal);
    const { wrong } = judge({ watched, from, to: taken?.holder ?? "", servers: poll.servers() });
    const change = changeOf(before, after, { wanted: nudge.wanted, isTold: await nudge.isTold() });
    const changed = whyChanged(before, after, change);
    return {
      fault,
      from,
      to: taken?.holder ?? "",
      writeMs: (taken?.at ?? Number.NaN) - at,
      servedMs,
      change,
      wrong: [...wrong, ...(changed === undefined ? [] : [changed])],
    };
  } finally {
    stop.abort();
    await poll.ended;
    await ground.heal(from, fault).catch(() => undefined);
  }
}

type World = { readonly places: string; readonly channels: string; readonly fresh: number };

/** Everything durable that an operator sees, as the leader tells it, and how many vantages it hears. */
async function worldOf(ground: Ground): Promise<World> {
  const { services, overrides, configRevision, quorum } = await statusOf(ground.client);
  const places = services.map(({ service, served, base, pinnedChannel }) => ({ service, served, base, pinnedChannel }));
  const channels = services.map((each) => each.channels);
  return {
    places: JSON.stringify({ places, overrides, configRevision }),
    channels: JSON.stringify(channels),
    fresh: quorum.fresh,
  };
}

function changeOf(
  before: World,
  after: World,
  nudge: { readonly wanted: string; readonly isTold: boolean },
): Round["change"] {
  if (after.channels === nudge.wanted) return nudge.isTold ? "told" : "in";
  return !nudge.isTold && after.channels === before.channels ? "not in" : "torn";
}

/** A change under way may be in or not, unless its client was told; nothing else may differ, and the votes are heard. */
function whyChanged(before: World, after: World, change: Round["change"]): string | undefined {
  if (after.places !== before.places) return `the world became ${after.places}, and was ${before.places}`;
  if (change === "torn") return `the weights are ${after.channels}, were ${before.channels}`;
  return after.fresh < 2 ? `the successor hears ${after.fresh} vantages only` : undefined;
}

async function whyNotServed(ground: Ground, epoch: number): Promise<string | undefined> {
  const { nameservers, isLeading } = await statusOf(ground.client);
  if (!isLeading) return "no leader answers";
  const late = nameservers.find(({ fence }) => epochOf(fence ?? "") < epoch);
  return late && `${late.nameserver} serves ${late.fence}`;
}

/** `installation/epoch/sequence`, as fences are written. */
const epochOf = (fence: string): number => Number(/(\d+)\D+\d+$/.exec(fence)?.[1] ?? 0);

type Judging = {
  readonly watched: Watched;
  readonly from: string;
  readonly to: string;
  readonly servers: readonly ServerPoll[];
};

function judge({ watched, from, to, servers }: Judging): { readonly wrong: readonly string[] } {
  const late = watched.entriesSinceTaken(from).filter((entry: JournalEntry) => entry.by === from);
  const holders = watched.holdersSince(from).filter((holder) => holder !== to);
  const told = servers.flatMap(({ server, counts, changes }) => [
    ...(counts.empty + counts.servfail + counts.mixed > 0 ? [`${server}: ${JSON.stringify(counts)}`] : []),
    ...(changes.filter(({ kind }) => kind === "answers").length > 1
      ? [`${server} answered otherwise for a while`]
      : []),
  ]);
  return {
    wrong: [
      ...late.map((entry) => `${from} wrote entry ${entry.id} (${entry.event.kind}) after ${to} had`),
      ...holders.map((holder) => `${holder} took the lease from ${to}`),
      ...told,
    ],
  };
}
