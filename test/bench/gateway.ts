import { parseArgs } from "node:util";
import { stopSignal } from "@sluice/runtime";
import { type PeerName, peer } from "../peers/peer.ts";
import { takeCores } from "./gateway/cores.ts";
import { fanOut } from "./gateway/fan-out.ts";
import { latency } from "./gateway/latency.ts";
import { memory } from "./gateway/memory.ts";
import { type Aim, formatReport, isMet } from "./gateway/report.ts";
import { grpc, http1, http2 } from "./gateway/requests.ts";
import type { Series, Setting } from "./gateway/setting.ts";
import { spike } from "./gateway/spike.ts";

const usage = `pnpm bench gateway [--rounds 5] [--seconds 5] [--series PART] [--short]
  Our gateway beside HAProxy and Node's proxies: requests and events a second, added latency, memory, a spike of failures.
  --series: only those whose name holds PART. --short: one round of a second; some parts of memory and the spike are smaller too.
  Exit 1 when something did not work, or when an aim is missed (which a short run doesn't judge).`;

const allSeries: readonly Series[] = [http1, http2, grpc, fanOut, latency, memory, spike];
const needed: readonly PeerName[] = ["haproxy", "h2load", "nghttpd"];

/** Plays the series one after the other, and prints each one's table as it ends. */
export async function bench(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(`${usage}\n  Series: ${allSeries.map(({ name }) => name).join(", ")}.`);
    return 2;
  }
  const missing = needed.flatMap((name) => peer(name).skip ?? []);
  if (missing.length > 0) {
    console.error(missing.join("\n"));
    return 1;
  }
  const signal = stopSignal();
  const cores = takeCores();
  console.log(cores.said);
  const aims: Aim[] = [];
  let isBroken = false;
  for (const series of options.series) {
    if (signal.aborted) break;
    try {
      const report = await series.play({ ...options, cores, signal });
      console.log(`\n${formatReport(report)}`);
      aims.push(...report.aims);
    } catch (error) {
      isBroken = true;
      console.error(`${series.name}:`, error);
    }
  }
  const isShortOf = !options.isShort && !aims.every(isMet);
  return isBroken || signal.aborted || isShortOf ? 1 : 0;
}

type Options = Omit<Setting, "cores" | "signal"> & { readonly series: readonly Series[] };

function readOptions(args: readonly string[]): Options | undefined {
  const options = {
    rounds: { type: "string" },
    seconds: { type: "string" },
    series: { type: "string", default: "" },
    short: { type: "boolean", default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const isShort = values.short;
    const rounds = Number(values.rounds ?? (isShort ? 1 : 5));
    const seconds = Number(values.seconds ?? (isShort ? 1 : 5));
    const part = values.series.toLowerCase();
    const series = allSeries.filter(({ name }) => name.toLowerCase().includes(part));
    if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0) || series.length === 0) return undefined;
    return { rounds, seconds, warmUpMs: isShort ? 500 : 2_000, series, isShort };
  } catch {
    return undefined;
  }
}
