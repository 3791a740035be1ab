import { get } from "node:http";
import { query } from "@sluice/dns";
import { sleep, systemClock } from "@sluice/runtime";
import type { ClientsRow } from "./report.ts";

type Server = { readonly address: string; readonly port: number };

export type ClientsOptions = {
  readonly host: string;
  /** Where names are resolved: the authoritative servers, one after the other as a resolver would, or one cache. */
  readonly resolvers: readonly Server[];
  readonly port: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** One new connection: who answered it. Undefined: nobody did. */
export type Connection = { readonly at: number; readonly servedBy: string | undefined };

export interface Clients {
  readonly connections: readonly Connection[];
  readonly ended: Promise<void>;
}

/** Of several servers the next is tried soon; for its one cache a stub resolver waits 5 s (resolv.conf(5)). Unit: milliseconds. */
const resolveTimeoutMs = { several: 500, one: 5_000 } as const;
const connectTimeoutMs = 1_000;

/** Opens a new connection every so often, by what the name is answered then, and asks a model server who it is. */
export function startClients(options: ClientsOptions): Clients {
  const connections: Connection[] = [];
  const under = new Set<Promise<void>>();
  let turn = 0;
  async function beat(): Promise<void> {
    while (!options.signal.aborted) {
      turn += 1;
      const one = connectOnce(options, turn).then((connection) => {
        if (connection) connections.push(connection);
      });
      under.add(one);
      void one.finally(() => under.delete(one));
      await sleep(options.everyMs, options.signal);
    }
    await Promise.all(under);
  }
  return { connections, ended: beat() };
}

/** Undefined when the drill ended under way. */
async function connectOnce(options: ClientsOptions, turn: number): Promise<Connection | undefined> {
  const at = systemClock.monotonicMs();
  try {
    const address = await resolve(options, turn);
    const url = `http://${address.includes(":") ? `[${address}]` : address}:${options.port}/v1/models`;
    return { at, servedBy: await askWhoServes(url, options.signal) };
  } catch {
    return options.signal.aborted ? undefined : { at, servedBy: undefined };
  }
}

/** A connection of its own each time: a client that keeps one would not notice what names are answered. */
function askWhoServes(url: string, signal: AbortSignal): Promise<string | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
  return new Promise((settle, fail) => {
    get(url, { agent: false, signal: deadline }, (response) => {
      const servedBy = response.headers["x-served-by"];
      response.on("error", fail).on("end", () => settle(typeof servedBy === "string" ? servedBy : undefined));
      response.resume();
    }).on("error", fail);
  });
}

/** Each client begins at another server, and goes to the next when one is silent. */
async function resolve(options: ClientsOptions, turn: number): Promise<string> {
  let last: unknown;
  for (let tried = 0; tried < options.resolvers.length; tried += 1) {
    const server = options.resolvers[(turn + tried) % options.resolvers.length];
    if (!server) break;
    try {
      const { signal } = options;
      // Authoritative servers take no notice of the wish for recursion; a cache answers nothing without it.
      const timeoutMs = options.resolvers.length > 1 ? resolveTimeoutMs.several : resolveTimeoutMs.one;
      const ask = { server, name: options.host, type: "A", recursion: true, timeoutMs } as const;
      const answer = await query({ ...ask, signal });
      const [address] = answer.answers.filter((record) => record.type === "A");
      if (address) return address.data;
    } catch (error) {
      last = error;
    }
  }
  throw last ?? new Error("no address");
}

const mostly = 0.95;

/** The connections as a curve a second, and when they had moved. */
export function clientsRow(
  connections: readonly Connection[],
  about: {
    readonly resolver: ClientsRow["resolver"];
    readonly from: number;
    readonly until: number;
    readonly site: string;
    readonly target: string;
  },
): ClientsRow {
  const counted = connections
    .filter(({ at }) => at >= about.from && at <= about.until)
    .map(({ at, servedBy }) => ({ ms: at - about.from, by: servedBy?.split("/")[0] }))
    .sort((one, other) => one.ms - other.ms);
  const isGood = (one: { by: string | undefined }): boolean => one.by === about.target;
  const bySecond = Map.groupBy(counted, (one) => Math.floor(one.ms / 1000));
  const curve = [...bySecond].map(([second, all]) => ({
    second,
    site: all.filter((one) => one.by === about.site).length,
    target: all.filter(isGood).length,
    failed: all.filter((one) => one.by === undefined).length,
  }));
  const lastBad = curve.findLast((row) => row.target < mostly * (row.site + row.target + row.failed));
  const first = curve.find((row) => lastBad === undefined || row.second > lastBad.second);
  return {
    resolver: about.resolver,
    connections: counted.length,
    failed: counted.filter((one) => one.by === undefined).length,
    lastTroubleMs: counted.findLast((one) => !isGood(one))?.ms,
    mostlyMovedMs: first && first.second * 1000,
    curve,
  };
}
