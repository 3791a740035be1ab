import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { stopSignal } from "@sluice/runtime";
import { measureInProcess } from "./arbiter/in-process.ts";
import { measureProcesses } from "./arbiter/processes.ts";
import { aimsOf, headingOfCosts, headingOfLives, rowOfCosts, rowsOfLives } from "./arbiter/table.ts";
import { formatTable } from "./table.ts";

const usage = `pnpm bench arbiter [--services 1000,3000,10000] [--seconds 20] [--part cycles|processes] [--short]
  What an arbiter costs with many services on three sites under five agents: at rest, while 1 % of all votes change each second,
  and until every nameserver answers Site B for all when Site A is lost. First its cycles alone, on a virtual clock, in processor
  time; then an installation of real processes.
  --short: 200 services for a few seconds. Exit 1 when an aim is missed (which a short run doesn't judge).`;

/** Of all votes, what changes each second: half of it to degraded, and half back. */
const share = 0.01;

export async function bench(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 2;
  }
  const { sizes, seconds, parts, isShort } = options;
  const signal = stopSignal();
  if (parts.includes("cycles")) {
    const costs = [];
    for (const services of sizes) costs.push(await measureInProcess({ services, seconds, share }));
    console.log(formatTable(headingOfCosts, costs.map(rowOfCosts)));
  }
  if (!parts.includes("processes")) return 0;
  const lives = [];
  for (const services of sizes) {
    lives.push(await measureProcesses({ services, seconds, share }, signal));
    if (signal.aborted) return 1;
  }
  console.log(formatTable(headingOfLives, lives.flatMap(rowsOfLives)));
  const aims = isShort ? [] : aimsOf(lives);
  for (const { what, measured, limit, isMet } of aims)
    console.log(`${what}: ${measured}, aim below ${limit}: ${isMet ? "met" : "missed"}`);
  console.log(`load average at the end: ${loadavg()[0]?.toFixed(1)}; times of day mean little on a busy machine`);
  return aims.every(({ isMet }) => isMet) ? 0 : 1;
}

const allParts = ["cycles", "processes"] as const;

type Options = {
  readonly sizes: readonly number[];
  readonly seconds: number;
  readonly parts: readonly string[];
  readonly isShort: boolean;
};

function readOptions(args: readonly string[]): Options | undefined {
  const text = { type: "string" } as const;
  const options = { services: text, seconds: text, part: text, short: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const isShort = values.short ?? false;
    const sizes = (values.services ?? (isShort ? "200" : "1000,3000,10000")).split(",").map(Number);
    const seconds = Number(values.seconds ?? (isShort ? 3 : 20));
    const parts = allParts.filter((part) => values.part === undefined || values.part === part);
    if (!sizes.every((size) => Number.isInteger(size) && size > 0) || !(seconds > 0)) return undefined;
    return parts.length === 0 ? undefined : { sizes, seconds, parts, isShort };
  } catch {
    return undefined;
  }
}
