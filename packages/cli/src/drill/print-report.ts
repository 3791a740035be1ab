import { formatDate, type JournalEntry } from "@sluice/core";
import { table } from "../table.ts";
import type { DrillReport } from "./report.ts";

/** A drill's report for people: the story, the servers, the clients, and the verdict last. */
export function reportLines(report: DrillReport): readonly string[] {
  const { clients, comeback } = report;
  const fault = { ms: 0, what: "fault", detail: `${report.fault}: everything in ${report.site}` };
  const story = [fault, ...report.timeline].map((row) => [ms(row.ms), row.what, row.detail]);
  const servers = report.servers.map((row) => [
    row.server,
    row.isCounted ? ms(row.movedMs) : "lost with the site",
    `${row.answered}/${row.asked}`,
    String(row.empty),
    String(row.servfail),
    String(row.mixed),
  ]);
  const firsts = comeback.firstAnswers.map(
    (one) => `${one.server} answered ${one.sites.join(", ") || "nothing"} first`,
  );
  return [
    `drill site-outage of ${report.service}, ${formatDate(report.startedAtMs as JournalEntry["at"])}`,
    "",
    ...table(["AFTER", "WHAT", "DETAIL"], story),
    "",
    ...table(["NAMESERVER", "MOVED", "ANSWERED", "EMPTY", "SERVFAIL", "MIXED"], servers),
    "",
    `clients   ${clients.connections} new connections by the ${clients.resolver === "unbound" ? "answers of a caching Unbound" : "authoritative answers"}: ` +
      `${clients.failed} failed, 95 % at ${report.target} from second ${secondsOf(clients.mostlyMovedMs)} on, the last trouble after ${ms(clients.lastTroubleMs)}`,
    `held      ${report.heldForMs / 1000} s: only ${report.target}`,
    `comeback  ${firsts.join("; ")}; ${comeback.stayedQuarantined ? `${report.site} stayed quarantined` : `${report.site} was NOT quarantined`}; failback took ${ms(comeback.failbackMs)}`,
    "",
    `RTO ${ms(report.rtoMs)} against an objective of ${ms(report.objectiveMs)}: ${report.verdict}`,
    ...report.complaints.map((complaint) => `  ${complaint}`),
  ];
}

const ms = (value: number | undefined): string => (value === undefined ? "never" : `${Math.round(value)} ms`);
const secondsOf = (value: number | undefined): string => (value === undefined ? "never" : String(value / 1000));
