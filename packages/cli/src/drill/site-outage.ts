import { defaultChannel, edgeKey, poolKey } from "@sluice/core";
import { askLab, type LabRecord, longestSplitMs, type Poll, type ServerPoll, settledAt } from "@sluice/lab";
import { sleep, systemClock } from "@sluice/runtime";
import type { ArbiterClient } from "../arbiter-client.ts";
import { type Clients, clientsRow, startClients } from "./clients.ts";
import { comeBack } from "./comeback.ts";
import type { DrillFacts } from "./facts.ts";
import { eventsAfter, lastEventId } from "./journal.ts";
import { complaintsOf } from "./judge.ts";
import { startPolling } from "./poll-names.ts";
import type { DrillReport, FaultKind, ServerRow, TimelineRow } from "./report.ts";
import { timelineOf } from "./timeline.ts";
import { startUnbound } from "./unbound.ts";

export type SiteOutage = {
  readonly client: ArbiterClient;
  readonly lab: LabRecord;
  readonly facts: DrillFacts;
  readonly fault: FaultKind;
  readonly resolver: "authoritative" | "unbound";
  /** How long the new answers must hold. Unit: milliseconds. */
  readonly holdMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

const connectEveryMs = 100;
/** Nothing is learnt by waiting longer than this beyond the objective. */
const patienceMs = 30_000;
const lookEveryMs = 20;
const settleMs = 1_000;

/** Takes a whole site down for real, watches until the other one has everything, and brings it home again. */
export async function siteOutage(drill: SiteOutage): Promise<DrillReport> {
  const { facts, say, client, lab } = drill;
  const after = await lastEventId(client);
  const end = new AbortController();
  const signal = AbortSignal.any([drill.signal, end.signal]);
  const unbound = drill.resolver === "unbound" ? await startUnbound(zoneOf(facts), facts.service.host) : undefined;
  const poll = startPolling(facts, signal);
  const clients = startClients({
    host: facts.service.host,
    resolvers: unbound ? [unbound] : facts.config.nameservers,
    port: facts.port,
    everyMs: connectEveryMs,
    signal,
  });
  try {
    await sleep(settleMs, drill.signal);
    say(`fault: ${drill.fault === "killed" ? "SIGKILL" : "SIGSTOP"} of everything in ${facts.site}`);
    const faultAt = systemClock.monotonicMs();
    const startedAtMs = systemClock.wallMs();
    await askLab(lab, `sites/${facts.site}/${drill.fault === "killed" ? "kill" : "pause"}`);
    const heldFrom = await untilMoved(drill, poll, faultAt);
    say(
      `every server outside ${facts.site} has moved after ${Math.round(heldFrom - faultAt)} ms; holding for ${drill.holdMs / 1000} s`,
    );
    // A timer may go off a millisecond early.
    await sleep(drill.holdMs - (systemClock.monotonicMs() - heldFrom) + 1, drill.signal);
    const heldUntil = systemClock.monotonicMs();
    const polls = poll.servers();
    say(`${facts.site} comes back`);
    const comeback = await comeBack({ client, lab, facts, poll, signal: drill.signal });
    end.abort();
    await Promise.all([poll.ended, clients.ended]);
    const journal = timelineOf(await eventsAfter(client, after), {
      service: facts.service.name,
      targets: [edgeKey(facts.site), poolKey(facts.service.name, defaultChannel(facts.service), facts.site)],
      faultAtMs: startedAtMs,
    });
    return report(drill, { polls, clients, comeback, journal, startedAtMs, faultAt, heldFrom, heldUntil });
  } finally {
    end.abort();
    await unbound?.close();
  }
}

const zoneOf = (facts: DrillFacts) => ({ name: facts.config.zone.name, servers: facts.config.nameservers });

const isCounted = (facts: DrillFacts, server: string): boolean =>
  facts.config.nameservers.some((entry) => entry.name === server && entry.site !== facts.site);

/**
 * Waits until every server outside the site answers only the target, or until there is no point in waiting; answers since
 * when. A weighted service answers the target now and then before it has moved, so a move must stand for a while to count.
 */
async function untilMoved(drill: SiteOutage, poll: Poll, faultAt: number): Promise<number> {
  const { facts } = drill;
  const until = faultAt + facts.service.rtoSeconds * 1000 + patienceMs;
  for (;;) {
    const counted = poll.servers().filter((server) => isCounted(facts, server.server));
    const now = systemClock.monotonicMs();
    const since = Math.max(...counted.map((server) => settledAt(server, facts.target) ?? now));
    if (now - since >= settleMs || now > until || drill.signal.aborted) return since;
    await sleep(lookEveryMs, drill.signal);
  }
}

type Measured = {
  /** What the servers had answered when the hold was over. */
  readonly polls: readonly ServerPoll[];
  readonly clients: Clients;
  readonly comeback: DrillReport["comeback"];
  readonly journal: readonly TimelineRow[];
  readonly startedAtMs: number;
  readonly faultAt: number;
  readonly heldFrom: number;
  readonly heldUntil: number;
};

function report(drill: SiteOutage, measured: Measured): DrillReport {
  const { facts } = drill;
  const { faultAt, heldFrom, heldUntil } = measured;
  const { site, target, service } = facts;
  const { polls, comeback } = measured;
  const servers = polls.map((poll) => serverRow(facts, poll, faultAt));
  const counted = polls.filter((poll) => isCounted(facts, poll.server));
  const moves = servers.filter((server) => server.isCounted).map((server) => server.movedMs);
  const rtoMs = moves.every((ms) => ms !== undefined) ? Math.max(...moves) : undefined;
  const strayed = counted.filter((poll) => (settledAt(poll, target) ?? 0) > heldFrom).map((poll) => poll.server);
  const objectiveMs = service.rtoSeconds * 1000;
  const complaints = complaintsOf({
    objectiveMs,
    rtoMs,
    site,
    target,
    servers,
    comeback,
    strayed,
    // A weighted service's servers differ by design until one site is left.
    differedMs: service.policy.kind === "weighted" ? 0 : longestSplitMs(counted, heldUntil),
  });
  const applied = servers.flatMap(({ server, movedMs, isCounted: counts }): TimelineRow[] =>
    counts && movedMs !== undefined
      ? [{ ms: movedMs, what: `applied at ${server}`, detail: `answers only ${target}` }]
      : [],
  );
  return {
    drill: "site-outage",
    fault: drill.fault,
    service: service.name,
    site,
    target,
    startedAtMs: measured.startedAtMs,
    objectiveMs,
    rtoMs,
    heldForMs: Math.round(heldUntil - heldFrom),
    timeline: [...measured.journal, ...applied].sort((one, other) => one.ms - other.ms),
    servers,
    clients: clientsRow(measured.clients.connections, {
      resolver: drill.resolver,
      from: faultAt,
      until: heldUntil,
      site,
      target,
    }),
    comeback,
    verdict: complaints.length === 0 ? "passed" : "failed",
    complaints,
  };
}

function serverRow(facts: DrillFacts, poll: ServerPoll, faultAt: number): ServerRow {
  const moved = settledAt(poll, facts.target);
  const { counts } = poll;
  return {
    server: poll.server,
    site: facts.config.nameservers.find((entry) => entry.name === poll.server)?.site ?? "",
    isCounted: isCounted(facts, poll.server),
    movedMs: moved === undefined ? undefined : Math.max(0, Math.round(moved - faultAt)),
    asked: counts.asked,
    answered: counts.answers,
    empty: counts.empty,
    servfail: counts.servfail,
    mixed: counts.mixed,
    timeouts: counts.timeout,
  };
}
