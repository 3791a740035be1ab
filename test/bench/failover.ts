import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stopSignal } from "@sluice/runtime";
import { peer } from "../peers/peer.ts";
import { type Played, type PlayOptions, playSeries } from "./failover/play-series.ts";
import { allSeries, type Series } from "./failover/series.ts";
import { type Aim, aimsOf, heading, rowsOf } from "./failover/table.ts";
import { formatTable } from "./table.ts";

const usage = `pnpm bench failover [--rounds 20] [--series PART] [--short]
  Kills or stops Site A of a real lab, and the primary of a gdnsd beside it, and times both until every answer is the standby's.
  --series: only those whose name holds PART. --short: three rounds of the first series, the first of them with gdnsd.
  Exit 1 when something did not work, or when an aim is missed (which a short run doesn't judge).`;

/** Plays every series and prints one table, gdnsd's figures beside ours. */
export async function bench(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 2;
  }
  const gdnsd = peer("gdnsd");
  if (gdnsd.path === undefined) {
    console.error(gdnsd.skip);
    return 1;
  }
  const signal = stopSignal();
  const played = await playAll(options, { gdnsd: gdnsd.path, say: console.error, signal });
  console.log(formatTable(heading, played.flatMap(rowsOf)));
  const aims = aimsOf(played);
  for (const aim of aims) console.log(sayAim(aim));
  for (const { series, unasked } of played)
    console.log(`${series.name}: ${unasked.length} moves that nobody asked for`);
  const isBroken = signal.aborted || played.some((one) => one.failure !== undefined);
  return isBroken || (!options.isShort && aims.some((aim) => !aim.isMet)) ? 1 : 0;
}

async function playAll(
  options: Options,
  tools: Pick<PlayOptions, "gdnsd" | "say" | "signal">,
): Promise<readonly Played[]> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  const played: Played[] = [];
  try {
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(directory, 0o755);
    for (const series of options.series) {
      if (tools.signal.aborted) break;
      const one = await playSeries(series, { ...options, ...tools, directory });
      if (one.failure !== undefined) tools.say(`${series.name}: ${one.failure}`);
      played.push(one);
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
  return played;
}

const sayAim = ({ what, measured, limit, isMet }: Aim): string =>
  `${what}: ${measured}, aim below ${limit}: ${isMet ? "met" : "missed"}`;

type Options = Pick<PlayOptions, "rounds" | "rivalRounds"> & {
  readonly series: readonly Series[];
  readonly isShort: boolean;
};

function readOptions(args: readonly string[]): Options | undefined {
  const options = { rounds: { type: "string" }, series: { type: "string" }, short: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const isShort = values.short ?? false;
    const rounds = Number(values.rounds ?? (isShort ? 3 : 20));
    const named = allSeries.filter((series) => series.name.includes(values.series ?? ""));
    const series = isShort ? named.slice(0, 1) : named;
    if (!Number.isInteger(rounds) || rounds < 1 || series.length === 0) return undefined;
    return { rounds, rivalRounds: isShort ? 1 : rounds, series, isShort };
  } catch {
    return undefined;
  }
}
