import { SluiceError } from "@sluice/core";
import { askLab, type LabRecord, type Poll, type PollChange, type ServerPoll, settledAt } from "@sluice/lab";
import { sleep, systemClock } from "@sluice/runtime";
import type { ArbiterClient } from "../arbiter-client.ts";
import type { Status } from "../status.ts";
import type { DrillFacts } from "./facts.ts";
import type { ComebackRow } from "./report.ts";

type Comeback = {
  readonly client: ArbiterClient;
  readonly lab: LabRecord;
  readonly facts: DrillFacts;
  readonly poll: Poll;
  readonly signal: AbortSignal;
};

const backTimeoutMs = 30_000;
const firstWordTimeoutMs = 10_000;
const homeTimeoutMs = 10_000;
const lookEveryMs = 50;

/** Brings the lost site back, sees that it takes nothing by itself, and returns what it lost on an operator's word. */
export async function comeBack(of: Comeback): Promise<ComebackRow> {
  const { facts, poll, client, signal } = of;
  const healedAt = systemClock.monotonicMs();
  await askLab(of.lab, `sites/${facts.site}/heal`);
  const stayedQuarantined = await untilTrue(backTimeoutMs, signal, async () =>
    isHealthyAndQuarantined(await statusOf(client), facts),
  );
  const ours = facts.config.nameservers.filter((entry) => entry.site === facts.site).map((entry) => entry.name);
  const returned = (): readonly ServerPoll[] => poll.servers().filter(({ server }) => ours.includes(server));
  // A server that stood still is silent until it has caught up, and failback must not come before its first word.
  await untilTrue(firstWordTimeoutMs, signal, async () =>
    returned().every((server) => firstAfter(server, healedAt) !== undefined),
  );
  const firstAnswers = returned().map((server) => ({
    server: server.server,
    sites: firstSitesAfter(server, healedAt),
  }));
  return { firstAnswers, stayedQuarantined, failbackMs: await failback(of) };
}

/** Orders everything home, and waits until every nameserver answers so; undefined when that never came. */
export async function failback({ client, facts, poll, signal }: Omit<Comeback, "lab">): Promise<number | undefined> {
  const askedAt = systemClock.monotonicMs();
  // A vantage that stalls for a moment leaves home unproven for that long: ask again.
  const isAsked = await untilTrue(homeTimeoutMs, signal, () => isHomeOrdered(client));
  if (!isAsked) return undefined;
  const isHome = await untilTrue(homeTimeoutMs, signal, async () =>
    poll.servers().every((server) => isHomeAgain(server, facts, askedAt)),
  );
  return isHome ? Math.round(systemClock.monotonicMs() - askedAt) : undefined;
}

/** The sites in the first answer that a server gave from then on. */
function firstSitesAfter(server: ServerPoll, at: number): readonly string[] {
  const first = firstAfter(server, at);
  return first?.kind === "answers" ? first.sites : [];
}

const firstAfter = (server: ServerPoll, at: number): PollChange | undefined =>
  server.changes.find((change) => change.at >= at && change.kind !== "timeout");

/** A weighted service is home when the site is answered at all. */
function isHomeAgain(server: ServerPoll, facts: DrillFacts, askedAt: number): boolean {
  if (facts.service.policy.kind === "failover") return settledAt(server, facts.site) !== undefined;
  return server.changes.some((change) => change.at >= askedAt && isOf(change, facts.site));
}

const isOf = (change: PollChange, site: string): boolean => change.kind === "answers" && change.sites.includes(site);

async function isHomeOrdered(client: ArbiterClient): Promise<boolean> {
  try {
    await client.send("POST", "/v1/failback", { reason: "the drill is over", by: "drill" });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "FLOOR") return false;
    // It never left.
    if (error instanceof SluiceError && error.code === "NOTHING_TO_DO") return true;
    throw error;
  }
}

const statusOf = async (client: ArbiterClient): Promise<Status> => (await client.get("/v1/status")) as Status;

/** Every vantage votes again, and the site is healthy for every service and a target for none. */
function isHealthyAndQuarantined(status: Status, facts: DrillFacts): boolean {
  const standbys = status.services.flatMap((service) => service.standby.filter((entry) => entry.site === facts.site));
  const isFresh = status.vantages.every((vantage) => vantage.isFresh);
  const own = status.services.find((service) => service.service === facts.service.name);
  return (
    isFresh &&
    own?.served === facts.target &&
    standbys.every((entry) => entry.health === "healthy" && entry.isQuarantined)
  );
}

/** Looks again and again until it is so; false when that takes too long. */
export async function untilTrue(
  timeoutMs: number,
  signal: AbortSignal,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const end = systemClock.monotonicMs() + timeoutMs;
  while (systemClock.monotonicMs() < end && !signal.aborted) {
    if (await isSo()) return true;
    await sleep(lookEveryMs, signal);
  }
  return false;
}
