import { nodePeers, type ProxyName } from "./ground.ts";
import { type Aim, medianOf, type Report, spreadCells } from "./report.ts";
import { type Round, ratiosOf, valuesOf, voidsOf } from "./rounds.ts";

/** Of the fastest Node proxy's throughput, and of HAProxy's. */
const nodeRatioMin = 2;
const haproxyRatioMin = 0.4;

/** One row a proxy: what came through it, and ours as a multiple of it, round by round. */
export function reportThroughput(
  series: string,
  unit: string,
  { names, rounds }: { readonly names: readonly ProxyName[]; readonly rounds: readonly Round<ProxyName>[] },
): Report {
  return {
    heading: ["series", "through", "rounds", `${unit} min`, "median", "max", "ours by it min", "median", "max"],
    rows: names.map((name) => {
      const values = valuesOf(rounds, name);
      const ratios = name === "sluice" ? [] : ratiosOf(rounds, ["sluice", name]);
      return [series, name, String(values.length), ...spreadCells(values, 0), ...spreadCells(ratios, 2)];
    }),
    aims: aimsOf(series, names, rounds),
    notes: voidsOf(series, rounds),
  };
}

function aimsOf(series: string, names: readonly ProxyName[], rounds: readonly Round<ProxyName>[]): readonly Aim[] {
  const aim = (other: ProxyName, limit: number): Aim => ({
    what: `${series}: ours as a multiple of ${other}'s, median of the rounds`,
    measured: medianOf(ratiosOf(rounds, ["sluice", other])),
    is: "at least",
    limit,
    unit: "",
  });
  const best = bestOf(
    nodePeers.filter((name) => names.includes(name)),
    rounds,
  );
  return [
    ...(best === undefined ? [] : [aim(best, nodeRatioMin)]),
    ...(names.includes("haproxy") ? [aim("haproxy", haproxyRatioMin)] : []),
  ];
}

/** The one with the highest median. */
function bestOf(names: readonly ProxyName[], rounds: readonly Round<ProxyName>[]): ProxyName | undefined {
  const median = (name: ProxyName): number => medianOf(valuesOf(rounds, name)) ?? 0;
  return names.toSorted((one, other) => median(other) - median(one))[0];
}
