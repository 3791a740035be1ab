import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { channelOf, type Exchange, siteOf } from "./exchange.ts";

/** Who served what: a row for each pool that answered, and one for requests that nobody answered. */
export type ServedRow = {
  /** `nobody` for requests that no model server answered. */
  readonly site: string;
  readonly channel: string;
  readonly requests: number;
  readonly errors: number;
  /** Of the requests counted, in [0, 1]. */
  readonly share: number;
  readonly ttftP50Ms: number | undefined;
  readonly ttftP95Ms: number | undefined;
};

export type ServedTable = {
  readonly requests: number;
  readonly errors: number;
  readonly rows: readonly ServedRow[];
  /** Errors by what they were, the most frequent first. */
  readonly reasons: readonly { readonly error: string; readonly count: number }[];
};

export interface Served {
  note(exchange: Exchange): void;
  table(): ServedTable;
}

/** Reasons beyond so many are counted as `other`. */
const reasonsMax = 32;
const nobody = "nobody/-";

type Row = { requests: number; errors: number; readonly ttft: RecordableHistogram };

/** Counts in memory of a fixed size, however long the load goes on: times are kept in a histogram to 0.1 ms. */
export function makeServed(): Served {
  const rows = new Map<string, Row>();
  const reasons = new Map<string, number>();
  return {
    note({ servedBy = nobody, error, ttftMs }) {
      const key = `${siteOf(servedBy)} ${channelOf(servedBy)}`;
      const row = rows.get(key) ?? { requests: 0, errors: 0, ttft: createHistogram() };
      rows.set(key, row);
      row.requests += 1;
      if (ttftMs !== undefined) row.ttft.record(Math.max(1, Math.round(ttftMs * 10)));
      if (error === undefined) return;
      row.errors += 1;
      const reason = reasons.has(error) || reasons.size < reasonsMax ? error : "other";
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    table() {
      const requests = sum(rows, (row) => row.requests);
      return {
        requests,
        errors: sum(rows, (row) => row.errors),
        rows: [...rows].map(([key, row]) => shown(key, row, requests)).sort(inOrder),
        reasons: [...reasons].map(([error, count]) => ({ error, count })).sort((a, b) => b.count - a.count),
      };
    },
  };
}

function shown(key: string, row: Row, requests: number): ServedRow {
  const [site = "", channel = ""] = key.split(" ");
  const at = (percent: number): number | undefined =>
    row.ttft.count === 0 ? undefined : row.ttft.percentile(percent) / 10;
  return {
    site,
    channel,
    requests: row.requests,
    errors: row.errors,
    share: row.requests / requests,
    ttftP50Ms: at(50),
    ttftP95Ms: at(95),
  };
}

const sum = (rows: ReadonlyMap<string, Row>, of: (row: Row) => number): number =>
  [...rows.values()].reduce((total, row) => total + of(row), 0);

/** By channel and then by site, with nobody last. */
const inOrder = (one: ServedRow, other: ServedRow): number =>
  Number(one.site === "nobody") - Number(other.site === "nobody") ||
  one.channel.localeCompare(other.channel) ||
  one.site.localeCompare(other.site);
