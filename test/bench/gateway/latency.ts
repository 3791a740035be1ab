import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawNet } from "../../conformance/draw-net.ts";
import { spreadOf } from "../spread.ts";
import { type Address, addressesOf } from "./addresses.ts";
import { type ProxyName, startGround } from "./ground.ts";
import { readLog, requestRate } from "./h2load.ts";
import { startAnswering } from "./haproxy.ts";
import { medianOf, spreadCells } from "./report.ts";
import { type Measured, pairsOf, playRounds, valuesOf, voidsOf } from "./rounds.ts";
import type { Series, Setting } from "./setting.ts";

/** HAProxy's is for information: what the way through another process costs anyhow. */
const names: readonly ProxyName[] = ["direct", "sluice", "haproxy"];
const clients = 10;
const perClient = 100;
const addedMsMax = 2;
const turns = { short: 2, full: 10 } as const;

/** The 99th percentile at a rate that asks little of anybody, directly and through: what is added. */
export const latency: Series = {
  name: "added p99",
  async play(setting) {
    const { cores, isShort } = setting;
    const net = await drawNet();
    await using backend = await startAnswering(addressesOf(net).backend);
    await using ground = await startGround({ cores, net, backend: backend.address, protocol: "http1", names });
    await warmUp(
      names.map((name) => ground.at(name)),
      setting,
    );
    const plan = { ...setting, names, rounds: isShort ? turns.short : turns.full };
    const rounds = await playRounds<ProxyName>(plan, (name) => slowest(ground.at(name), setting));
    const addedBy = (name: ProxyName): readonly number[] =>
      pairsOf(rounds, [name, "direct"]).map(([through, direct]) => through - direct);
    return {
      heading: ["series", "through", "turns", "p99 ms min", "median", "max", "added ms min", "median", "max"],
      rows: names.map((name) => {
        const values = valuesOf(rounds, name);
        const added = name === "direct" ? [] : addedBy(name);
        return [latency.name, name, String(values.length), ...spreadCells(values, 2), ...spreadCells(added, 2)];
      }),
      aims: [
        {
          what: `p99 added to direct at ${clients * perClient} requests a second, median of the turns`,
          measured: medianOf(addedBy("sluice")),
          is: "below",
          limit: addedMsMax,
          unit: "ms",
        },
      ],
      notes: voidsOf(latency.name, rounds),
    };
  },
};

/**
 * At so few requests a second it takes Node a minute until its code is compiled, and it does that on the core on which it serves: what would be
 * measured is how a process starts. So each of them is asked for as much as it can do first.
 */
async function warmUp(all: readonly Address[], { seconds }: Setting): Promise<void> {
  for (const to of all)
    await requestRate({ to, path: "/v1/models", seconds, warmUpMs: 0, flags: ["--h1", "-c", "32"] });
}

async function slowest(to: Address, { seconds, warmUpMs }: Setting): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-latency-"));
  try {
    const file = join(directory, "requests");
    const flags = ["--h1", "-c", String(clients), `--rps=${perClient}`, `--log-file=${file}`];
    const rate = await requestRate({ to, path: "/v1/models", seconds, warmUpMs, flags });
    if (rate.kind === "void") return rate;
    // Whoever falls behind is asked less, and would look fast.
    if (rate.value < clients * perClient * 0.95) return { kind: "void", because: `only ${rate.value} requests/s` };
    const { tookMs, bad } = readLog(await readFile(file, "utf8"), warmUpMs);
    if (bad > 0) return { kind: "void", because: `${bad} answers were not 2xx` };
    return { kind: "measured", value: spreadOf(tookMs)?.p99 ?? Number.NaN };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
