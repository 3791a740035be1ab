import { type Exchange, siteOf } from "@sluice/lab";
import type { FaultDrillReport, FaultObjective, RequestsRow } from "./fault-report.ts";

const minuteMs = 60_000;

type About = { readonly faultAt: number; readonly site: string; readonly target: string; readonly rps: number };

/** When requests came to be served by the target, and how many were lost on the way. Requests count by when they began. */
export function requestsRow(exchanges: readonly Exchange[], { faultAt, site, target, rps }: About): RequestsRow {
  const since = exchanges
    .filter(({ startedAt }) => startedAt >= faultAt)
    .sort((one, other) => one.startedAt - other.startedAt);
  const isBy = (name: string, { servedBy }: Exchange): boolean => servedBy !== undefined && siteOf(servedBy) === name;
  const isGood = (exchange: Exchange): boolean => exchange.error === undefined && isBy(target, exchange);
  const inMinute = since.filter(({ startedAt }) => startedAt < faultAt + minuteMs);
  const moved = firstRun(since.map(isGood), rps);
  const first = since.find(isGood);
  const after = moved === undefined ? [] : since.slice(moved);
  const at = (exchange: Exchange | undefined): number | undefined =>
    exchange && Math.round(exchange.startedAt - faultAt);
  return {
    sent: inMinute.length,
    lost: inMinute.filter(({ error }) => error !== undefined).length,
    firstMs: at(first),
    movedMs: moved === undefined ? undefined : at(since[moved]),
    strayed: after.filter((exchange) => exchange.error !== undefined || isBy(site, exchange)).length,
  };
}

/** Where the first run of so many in a row begins. */
export function firstRun(isGood: readonly boolean[], length: number): number | undefined {
  let run = 0;
  for (const [index, good] of isGood.entries()) {
    run = good ? run + 1 : 0;
    if (run === length) return index - length + 1;
  }
  return undefined;
}

type Judged = Pick<FaultDrillReport, "site" | "target" | "requests" | "dnsMovedMs" | "homeMs"> & {
  readonly objective: FaultObjective;
};

/** Everything that speaks against a drill, in sentences; none when it passed. */
export function faultComplaints({ requests, objective, ...about }: Judged): readonly string[] {
  const { site, target } = about;
  const { movedMs, sent, lost } = requests;
  const complaints: string[] = [];
  if (movedMs === undefined) complaints.push(`requests never came to be served by ${target} alone`);
  else if (movedMs > objective.movedMs)
    complaints.push(
      `${target} served new requests after ${seconds(movedMs)}, the objective is ${seconds(objective.movedMs)}`,
    );
  const lostMax = Math.max(objective.lostMax, Math.floor(sent * objective.lostShareMax));
  if (lost > lostMax) complaints.push(`${lost} of ${sent} requests were lost in the first minute, ${lostMax} may be`);
  if (about.dnsMovedMs === undefined) complaints.push(`not every nameserver came to answer only ${target}`);
  if (about.homeMs === undefined) complaints.push(`${site} was healed, and the answers did not come home`);
  return complaints;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
