import { formatDate, type JournalEntry } from "@sluice/core";
import { servedLines } from "../load/served-lines.ts";
import { table } from "../table.ts";
import type { FaultDrillReport } from "./fault-report.ts";

/** A drill's report for people: the story, who served what, and the verdict last. */
export function faultReportLines(report: FaultDrillReport): readonly string[] {
  const { requests, site, target } = report;
  const story = [
    { ms: 0, what: "fault", detail: `${report.fault} at every model server of ${site}` },
    ...report.timeline,
  ];
  const phases = report.phases.flatMap(({ phase, served }) => ["", `${titles[phase]}`, ...servedLines(served)]);
  return [
    `drill ${report.drill} of ${report.service}, ${formatDate(report.startedAtMs as JournalEntry["at"])}, ${report.requestsPerSecond} requests a second`,
    "",
    ...table(
      ["AFTER", "WHAT", "DETAIL"],
      story.map((row) => [ms(row.ms), row.what, row.detail]),
    ),
    ...phases,
    "",
    `requests  ${target} served the first new one after ${ms(requests.firstMs)}, and all from ${ms(requests.movedMs)} on; after that ${requests.strayed} strayed`,
    `lost      ${requests.lost} of ${requests.sent} in the first minute`,
    `DNS       every nameserver answered only ${target} after ${ms(report.dnsMovedMs)}`,
    `home      ${ms(report.homeMs)} after it was healed and cleared`,
    "",
    `new requests at ${target} after ${ms(requests.movedMs)} against an objective of ${ms(report.objective.movedMs)}: ${report.verdict}`,
    ...report.complaints.map((complaint) => `  ${complaint}`),
  ];
}

const titles = { before: "before the fault", during: "until requests had moved", after: "after that" } as const;
const ms = (value: number | undefined): string => (value === undefined ? "never" : `${Math.round(value)} ms`);
