import { join } from "node:path";
import { parseArgs } from "node:util";
import { readConfigFile } from "@sluice/contract";
import { type Config, configuredTargets, type Decision } from "@sluice/core";
import { chanceOfAtLeast, poissonUpper95 } from "./poisson.ts";
import { workOff } from "./sim/crew.ts";
import { allSeries, type Series } from "./sim/series.ts";
import type { Done } from "./sim/worker.ts";
import { formatTable } from "./table.ts";

const configFile = join(import.meta.dirname, "../../packages/contract/examples/lab.yaml");

const usage = `pnpm bench false-moves [--seeds 100] [--hours 24] [--short]
  How often the lab's configuration moves traffic for no reason, in virtual time. --short: 4 seeds of 2 hours.
  Exit 1 when a series misses its aim.`;

/** Runs every series and prints one row for each. */
export async function bench(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 2;
  }
  const config = await readConfigFile(configFile);
  const { seeds, hours } = options;
  console.log(
    `${seeds} seeds of ${hours} virtual hours, ${config.agents.length} agents, ${configuredTargets(config).length} targets, ${config.services.length} services; ${pace(config)}`,
  );
  const rows: Row[] = [];
  for (const series of allSeries) {
    const row = await runSeries(config, series, options);
    rows.push(row);
    console.error(`${series.name}: ${row.moves.length} in ${row.serviceHours} service-hours`);
  }
  console.log(
    formatTable(
      heading,
      rows.map((row) => cells(row, config)),
    ),
  );
  for (const row of rows) console.log(listMoves(row));
  return rows.some((row) => verdictOn(row) === "missed") ? 1 : 0;
}

type Options = { readonly seeds: number; readonly hours: number };

function readOptions(args: readonly string[]): Options | undefined {
  const options = { seeds: { type: "string" }, hours: { type: "string" }, short: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const [seeds, hours] = [
      Number(values.seeds ?? (values.short ? 4 : 100)),
      Number(values.hours ?? (values.short ? 2 : 24)),
    ];
    return Number.isInteger(seeds) && seeds >= 1 && hours > 0 ? { seeds, hours } : undefined;
  } catch {
    return undefined;
  }
}

const pace = ({ probes }: Config): string =>
  `a look each ${probes.intervalMs} ms, fall ${probes.fall}, rise ${probes.rise}, degraded at ${probes.degradedFailures} of ${probes.degradedLooks}`;

type Row = {
  readonly series: Series;
  readonly serviceHours: number;
  readonly moves: readonly (Decision & { readonly seed: number })[];
  readonly rate: number;
  /** An agent's turns to `down` per hour and target, of agents that weren't blind. */
  readonly downs: { readonly mean: number; readonly min: number; readonly max: number };
  readonly looks: number;
  readonly wallMs: number;
};

/** A row for information needs no more than a tenth of the seeds: it is the one with the most moves. */
const seedsOf = (series: Series, seeds: number): number => (series.aim === undefined ? Math.ceil(seeds / 10) : seeds);

async function runSeries(config: Config, series: Series, options: Options): Promise<Row> {
  const { hours } = options;
  const seeds = seedsOf(series, options.seeds);
  const startedAt = performance.now();
  const all: Done[] = [];
  const tasks = Array.from({ length: seeds }, (_, index) => ({ series, seed: index + 1, hours }));
  await workOff(config, tasks, (done) => all.push(done));
  all.sort((one, other) => one.task.seed - other.task.seed);
  const serviceHours = seeds * hours * config.services.length;
  const moves = all.flatMap(({ task, result }) => result.moves.map((move) => ({ ...move, seed: task.seed })));
  const perAgent = config.agents.map((_, agent) => {
    const seeing = all.filter(({ result }) => result.blind !== agent);
    const downs = seeing.reduce((sum, { result }) => sum + (result.falseDowns[agent] ?? 0), 0);
    return downs / Math.max(1, seeing.length) / hours / configuredTargets(config).length;
  });
  const mean = perAgent.reduce((sum, rate) => sum + rate, 0) / perAgent.length;
  return {
    series,
    serviceHours,
    moves,
    rate: moves.length / serviceHours,
    downs: { mean, min: Math.min(...perAgent), max: Math.max(...perAgent) },
    looks: all.reduce((sum, { result }) => sum + result.looks, 0),
    wallMs: performance.now() - startedAt,
  };
}

/** So many moves must be expected at the aim before their count is a measurement of its own. */
const expectedMin = 10;

/**
 * A run long enough is held to its aim by its count. A shorter one can't show that the aim is met: one move in 16 service-hours
 * would be too many by six times and yet nothing strange. It can only show a miss, when so many would be strange (1 in 20).
 */
function verdictOn({ series, serviceHours, moves, rate }: Row): string {
  if (series.aim === undefined) return "–";
  const expected = series.aim * serviceHours;
  if (expected >= expectedMin || series.aim === 0) return rate <= series.aim ? "met" : "missed";
  return chanceOfAtLeast(moves.length, expected) < 0.05 ? "missed" : "not refuted";
}

/** The moves of one series, counted by service and situation, with the first few in full. */
function listMoves({ series, moves }: Row): string {
  const counts = Map.groupBy(moves, ({ service, situation }) => `${service} ${situation}`);
  const counted = [...counts].map(([what, each]) => `${each.length} × ${what}`).join(", ");
  const shown = moves
    .slice(0, shownMax)
    .map(({ seed, service, because }) => `\n  seed ${seed}, ${service}: ${because}`);
  return `${series.name}: ${counted || "no move"}${shown.join("")}${moves.length > shownMax ? "\n  …" : ""}`;
}

const shownMax = 5;

const heading = [
  "series",
  "looks fail",
  "service-hours",
  "false moves",
  "per service-hour",
  "95 % below",
  "aim",
  "verdict",
  "agents' false downs per target-hour",
  "million looks",
  "wall s",
];

function cells(row: Row, config: Config): string[] {
  const { series, serviceHours, moves, rate, downs, looks, wallMs } = row;
  return [
    series.name,
    `${series.failing * 100} %${series.hasBlindVantage ? `, and all of one in ${config.agents.length}` : ""}`,
    serviceHours.toString(),
    moves.length.toString(),
    rate.toFixed(5),
    (poissonUpper95(moves.length) / serviceHours).toFixed(5),
    series.aim === undefined ? "–" : `≤ ${series.aim}`,
    verdictOn(row),
    `${downs.mean.toFixed(3)} (agents ${downs.min.toFixed(3)}–${downs.max.toFixed(3)})`,
    (looks / 1e6).toFixed(1),
    (wallMs / 1_000).toFixed(1),
  ];
}
