import { isDeepStrictEqual } from "node:util";
import { query } from "@sluice/dns";
import { request, sleep } from "@sluice/runtime";
import type { Part } from "../../lab/up/layout.ts";
import { until } from "../../scenarios/world/until.ts";
import { hashOfAnswers } from "../ground/answers.ts";
import type { Installation } from "../ground/installation.ts";

/** What became of one node's answers. */
export type NodeRow = {
  readonly node: string;
  readonly before: string;
  comparisons: number;
  /** Comparisons that found anything else than before. */
  other: number;
  /** Comparisons without an answer, the node's own restarts apart. */
  silent: number;
  /** How long each restart took until it answered. */
  readonly startsMs: number[];
  /** With arbiters and database back, and a new leader's snapshot taken. */
  isSameAfter: boolean;
};

type Options = {
  readonly forMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

const restarts = 3;
/** As rarely as every minute, as often as every second, sixty times in all. */
const pauseMs = (forMs: number): number => Math.min(60_000, Math.max(1_000, forMs / 60));
const backPatienceMs = 90_000;

export type StaticRun = { readonly rows: readonly NodeRow[]; readonly deadMs: number };

/** Kills arbiters and database, and compares until the time is over; meanwhile each node is killed and started three times. */
export async function playStatic(installation: Installation, options: Options): Promise<StaticRun> {
  const nodes = installation.named("nameserver", "gateway");
  await untilSettled(installation, options.signal);
  const rows = await Promise.all(nodes.map(({ name }) => rowOf(installation, name)));
  const addresses = await addressesOf(installation);
  if (!isWhole(addresses))
    throw new Error(`not every nameserver answers every steered name: ${JSON.stringify(addresses)}`);
  installation.signal(installation.named("arbiter"), "SIGKILL");
  await installation.crashDatabase();
  const deadSince = performance.now();
  options.say(`arbiters and database are dead; ${rows.length} nodes are compared`);
  for (let turn = 1; turn <= restarts; turn += 1) {
    await compareUntil(deadSince + (options.forMs * turn) / (restarts + 1), { installation, rows, options });
    for (const node of nodes) await restart(node, { installation, rows, options });
    options.say(`restart ${turn} of each node is done, ${minutesSince(deadSince)} min in`);
  }
  await compareUntil(deadSince + options.forMs, { installation, rows, options });
  const deadMs = performance.now() - deadSince;
  if (options.signal.aborted) return { rows, deadMs };
  const fence = await fenceOf(installation);
  await installation.startDatabase();
  await installation.start(installation.named("arbiter"));
  await until(
    "a new leader's snapshot at every node",
    async () => (await isNewer(installation, fence)) || undefined,
    backPatienceMs,
  );
  const isSame = isDeepStrictEqual(await addressesOf(installation), addresses);
  for (const row of rows) row.isSameAfter = isSame;
  return { rows, deadMs };
}

type Under = { readonly installation: Installation; readonly rows: readonly NodeRow[]; readonly options: Options };

/** Every node goes by one fence, and has done so for a while: whatever the start still had to say is said. */
async function untilSettled(installation: Installation, signal: AbortSignal): Promise<void> {
  const { nameservers, gateways } = installation.config;
  const fences = async (): Promise<string> => {
    const seen = await Promise.all([...nameservers, ...gateways].map(({ url }) => fenceAt(url)));
    return new Set(seen).size === 1 ? (seen[0] ?? "") : "";
  };
  for (let before = ""; !signal.aborted; ) {
    const now = await fences();
    if (now !== "" && now === before) return;
    before = now;
    await sleep(3_000, signal);
  }
}

async function rowOf({ config, layout }: Installation, node: string): Promise<NodeRow> {
  const before = await hashOfAnswers(config, layout, node);
  return { node, before, comparisons: 0, other: 0, silent: 0, startsMs: [], isSameAfter: false };
}

async function compareUntil(end: number, under: Under): Promise<void> {
  const { options, rows } = under;
  while (!options.signal.aborted && performance.now() < end) {
    for (const row of rows) await compare(row, under);
    await sleep(Math.min(pauseMs(options.forMs), Math.max(0, end - performance.now())), options.signal);
  }
}

async function compare(row: NodeRow, { installation, options }: Under): Promise<void> {
  row.comparisons += 1;
  const now = await hashOfAnswers(installation.config, installation.layout, row.node).catch((error: Error) => error);
  if (now === row.before) return;
  if (now instanceof Error) row.silent += 1;
  else row.other += 1;
  options.say(`${row.node}: ${now instanceof Error ? now.message : "answers otherwise than before"}`);
}

async function restart(node: Part, under: Under): Promise<void> {
  const { installation, rows, options } = under;
  const row = rows.find((each) => each.node === node.name);
  if (!row || options.signal.aborted) return;
  const killedAt = performance.now();
  installation.signal([node], "SIGKILL");
  await installation.start([node]);
  row.startsMs.push(performance.now() - killedAt);
  await compare(row, under);
}

/** By nameserver and name, the addresses. */
type Told = readonly (readonly (readonly string[])[])[];

/** What clients are told of the steered name, without serials, which a new leader's snapshot raises. */
async function addressesOf({ config }: Installation): Promise<Told> {
  const told = config.nameservers.map(async (server) => {
    const hosts = config.services.filter(({ policy }) => policy.kind === "failover");
    const replies = hosts.map(({ host }) => query({ server, name: host, type: "A", timeoutMs: 2_000 }));
    return (await Promise.all(replies)).map(({ answers }) => answers.map(({ data }) => data).sort());
  });
  return Promise.all(told);
}

/** Silence before and after is the same silence. */
const isWhole = (told: Told): boolean =>
  told.length > 0 && told.every((names) => names.length > 0 && names.every((addresses) => addresses.length > 0));

async function fenceAt(url: string): Promise<string> {
  const answer = await request({ url: `${url}/readyz`, timeoutMs: 2_000 }).catch(() => undefined);
  return (answer?.body as { readonly fence?: string } | undefined)?.fence ?? "";
}

const fenceOf = ({ config }: Installation): Promise<string> => fenceAt(config.nameservers[0]?.url ?? "");

async function isNewer({ config }: Installation, before: string): Promise<boolean> {
  const now = await Promise.all([...config.nameservers, ...config.gateways].map(({ url }) => fenceAt(url)));
  return now.every((fence) => fence !== "" && fence !== before);
}

const minutesSince = (from: number): string => ((performance.now() - from) / 60_000).toFixed(1);
