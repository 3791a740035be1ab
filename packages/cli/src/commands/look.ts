import { formatDate, type JournalEntry, sentence } from "@sluice/core";
import type { Command } from "commander";
import { connect, globalsOf, print } from "../session.ts";
import type { Status } from "../status.ts";
import { table } from "../table.ts";

/** status, explain and events: what is true, and why. */
export function lookCommands(program: Command): void {
  program
    .command("status")
    .description("who leads, fresh vantages, each service's site, and whether its standby is ready")
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const status = (await (await connect(globals)).get("/v1/status")) as Status;
      print(globals, status, statusLines(status));
    });
  program
    .command("explain <name>")
    .description("what a service or host name is answered, and why")
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const explained = (await (await connect(globals)).get(`/v1/explain/${encodeURIComponent(name)}`)) as Explained;
      print(globals, explained, explainLines(explained));
    });
  program
    .command("events")
    .description("what happened, in order")
    .option("--follow", "go on printing as things happen")
    .option("--after <id>", "read on from this journal id", "0")
    .action((options: { follow?: boolean; after: string }, command: Command) => followEvents(command, options));
}

function statusLines(status: Status): readonly string[] {
  const fresh = status.vantages.filter((vantage) => vantage.isFresh);
  const silent = status.vantages
    .filter((vantage) => !vantage.isFresh)
    .map((vantage) => `${vantage.agent} ${vantage.because}`);
  const services = status.services.map((service) => [
    service.service,
    service.isForced ? `${service.served} (forced; real: ${service.base})` : service.served,
    service.standby
      .map(
        (standby) =>
          `${standby.site} ${standby.isReady ? "ready" : standby.isQuarantined ? "quarantined" : standby.health}`,
      )
      .join(", ") || "-",
    service.held === null ? service.situation : `${service.situation}; held by ${service.held}`,
  ]);
  const nodes = status.nameservers.map((node) => [
    node.nameserver,
    node.isCurrent ? "current" : (node.fence ?? "not heard of"),
    seen(node.seenAgoMs),
  ]);
  const overrides = status.overrides.map(
    (entry) =>
      `  ${entry.id} ${entry.kind} ${entry.service ?? "every service"} ${entry.site ?? ""} by ${entry.by}: ${entry.reason}`,
  );
  return [
    `leader    ${status.leader ?? "nobody"}, epoch ${status.epoch}, fence ${status.fence ?? "none yet"}, config revision ${status.configRevision}`,
    `vantages  ${fresh.length} of ${status.vantages.length} fresh${silent.length > 0 ? ` (${silent.join("; ")})` : ""}`,
    "",
    ...table(["SERVICE", "SERVED BY", "STANDBY", "SITUATION"], services),
    "",
    ...table(["NAMESERVER", "SNAPSHOT", "SEEN"], nodes),
    ...(overrides.length > 0 ? ["", "overrides", ...overrides] : []),
  ];
}

const seen = (agoMs: number | null): string => (agoMs === null ? "never" : `${Math.round(agoMs / 1000)} s ago`);

type Explained = {
  readonly service: string;
  readonly host: string;
  readonly served: string;
  readonly situation: string;
  readonly held: string | null;
  readonly answers: readonly { site: string; share: number; addresses: readonly string[] }[];
  readonly ttlSeconds: number;
  readonly targets: readonly {
    target: string;
    verdict: { kind: string; because: string } | null;
    tally: string;
    votes: readonly { agent: string; opinion: string; because: string | null; detail: string | null }[];
  }[];
  readonly lastDecision: { sequence: number; at: number; because: string; cause: string } | null;
};

function explainLines(explained: Explained): readonly string[] {
  const answers = explained.answers.map(
    (answer) => `${answer.addresses.join(" ")} (${answer.site}, share ${answer.share})`,
  );
  const targets = explained.targets.flatMap((target) => [
    `  ${target.target}: ${target.verdict?.kind ?? "unknown"}, because ${target.verdict?.because ?? "nobody voted"} (${target.tally})`,
    ...target.votes.map(
      (vote) =>
        `    ${vote.agent}: ${vote.opinion}${vote.because ? ` (${vote.because})` : ""}${vote.detail ? `: ${vote.detail}` : ""}`,
    ),
  ]);
  const last = explained.lastDecision;
  return [
    `${explained.host} is answered ${answers.join(" or ") || "nothing yet"}, ttl ${explained.ttlSeconds} s`,
    `served by ${explained.served}: ${explained.situation}${explained.held ? `, held by ${explained.held}` : ""}`,
    ...(last
      ? [
          `last decision ${last.sequence} at ${formatDate(last.at as JournalEntry["at"])} (${last.cause}): ${last.because}`,
        ]
      : []),
    ...targets,
  ];
}

const followWaitMs = 10_000;

async function followEvents(command: Command, options: { follow?: boolean; after: string }): Promise<void> {
  const globals = globalsOf(command);
  const client = await connect(globals);
  let after = Number(options.after);
  for (;;) {
    const waitMs = options.follow ? followWaitMs : 0;
    const { events } = (await client.get(`/v1/events?after=${after}&limit=1000&waitMs=${waitMs}`)) as {
      events: readonly JournalEntry[];
    };
    for (const entry of events) {
      after = entry.id;
      print(globals, entry, [`${entry.id}  ${formatDate(entry.at)}  ${entry.event.kind}  ${sentence(entry.event)}`]);
    }
    if (!options.follow && events.length === 0) return;
  }
}
