import type { ServedTable } from "@sluice/lab";
import { table } from "../table.ts";

/** Who served what, as a table for people. */
export function servedLines({ rows, reasons, requests, errors }: ServedTable): readonly string[] {
  const cells = rows.map((row) => [
    row.channel,
    row.site,
    String(row.requests),
    percent(row.share),
    String(row.errors),
    ms(row.ttftP50Ms),
    ms(row.ttftP95Ms),
  ]);
  return [
    ...table(["CHANNEL", "SITE", "REQUESTS", "SHARE", "ERRORS", "TTFT P50", "P95"], cells),
    "",
    `${requests} requests, ${errors} of them lost${reasonsText(reasons)}`,
  ];
}

/** The same in one line, for where nothing can be drawn over. */
export function servedLine(atMs: number, served: ServedTable): string {
  const rows = served.rows.map(
    (row) => `${row.channel}@${row.site} ${percent(row.share)} (${ms(row.ttftP50Ms)}, p95 ${ms(row.ttftP95Ms)})`,
  );
  const lost = `${served.errors} lost${reasonsText(served.reasons)}`;
  return [`${Math.round(atMs / 1000)} s`, ...rows, lost].join("  ");
}

const reasonsText = (reasons: ServedTable["reasons"]): string =>
  reasons.length === 0 ? "" : ` (${reasons.map(({ error, count }) => `${count} × ${error}`).join(", ")})`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const ms = (value: number | undefined): string => (value === undefined ? "-" : `${value.toFixed(0)} ms`);
