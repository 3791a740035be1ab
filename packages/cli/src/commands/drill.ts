import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { type Layout, layoutOf, needLab } from "@sluice/lab";
import { readToken, stopSignal, writeFileAtomic } from "@sluice/runtime";
import type { Command } from "commander";
import type { ArbiterClient } from "../arbiter-client.ts";
import { needGateways } from "../drill/bring-home.ts";
import { type DrillFacts, drillFacts } from "../drill/facts.ts";
import { faultDrill } from "../drill/fault-drill.ts";
import { type FaultDrillName, faultDrills } from "../drill/fault-report.ts";
import { faultReportLines } from "../drill/print-fault.ts";
import { reportLines } from "../drill/print-report.ts";
import { siteOutage } from "../drill/site-outage.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { connect, type GlobalOptions, globalsOf, print } from "../session.ts";
import { wholeNumber } from "../whole-number.ts";

type DrillOptions = {
  readonly service: string;
  readonly site?: string;
  readonly fault: string;
  readonly resolver: string;
  readonly rps: number;
  readonly warmUp?: string;
  readonly hold: string;
};

/** drill run: a rehearsal on the running lab, with a real fault and a measured report. */
export function drillCommands(program: Command): void {
  program
    .command("drill")
    .description("rehearse a failover and measure it")
    .command("run <drill>")
    .description(
      "site-outage: everything in a site dies at once; error-spike: its model servers answer 500; latency-degradation: they take 600 ms more; exit 0 only if the objective was met",
    )
    .requiredOption("--service <service>", "the service that is watched")
    .option("--site <site>", "the site it befalls; default: the one that serves")
    .option(
      "--fault <kind>",
      "site-outage: killed (SIGKILL: connections are refused) or silent (SIGSTOP: they hang)",
      "killed",
    )
    .option(
      "--resolver <kind>",
      "site-outage: how clients resolve: authoritative, or through a real caching unbound",
      "authoritative",
    )
    .option("--rps <number>", "of the others: requests a second", wholeNumber(1, 2_000), 50)
    .option(
      "--warm-up <duration>",
      "of the others: how long gateways see requests before the fault; default: 20s, for latency-degradation 200s",
    )
    .option("--hold <duration>", "how long the new answers must hold", "60s")
    .action((name: string, options: DrillOptions, command: Command) => run(command, name, options));
}

async function run(command: Command, given: string, options: DrillOptions): Promise<void> {
  const name = oneOf("drill", given, ["site-outage", ...faultDrills]);
  const fault = oneOf("--fault", options.fault, ["killed", "silent"]);
  const resolver = oneOf("--resolver", options.resolver, ["authoritative", "unbound"]);
  const holdMs = parseDuration(options.hold);
  const globals = globalsOf(command);
  const lab = await needLab(globals.dir);
  const layout = layoutOf(globals.dir);
  const client = await connect(globals);
  const signal = stopSignal();
  const facts = await drillFacts(client, layout.config, { ...options, signal });
  const say = (line: string): void => void globals.terminal.err.write(`${line}\n`);
  const rehearsal = { client, facts, holdMs, say, signal };
  if (name !== "site-outage") return runFault({ ...rehearsal, name, layout, globals }, options);
  const report = await siteOutage({ ...rehearsal, lab, fault, resolver });
  await tell({ globals, layout }, report, reportLines(report));
}

type Rehearsal = {
  readonly name: FaultDrillName;
  readonly client: ArbiterClient;
  readonly facts: DrillFacts;
  readonly layout: Layout;
  readonly globals: GlobalOptions;
  readonly holdMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** The statistics of latency need two minutes in which a gateway warms up, and one to know what is usual. */
const warmUpMs = { "error-spike": 20_000, "latency-degradation": 200_000 } as const;

async function runFault({ name, globals, ...of }: Rehearsal, { rps, warmUp }: DrillOptions): Promise<void> {
  needGateways(of.facts);
  const token = await readToken(globals.tokenFile ?? join(of.layout.keys, "operator.token"));
  const warm = warmUp === undefined ? warmUpMs[name] : parseDuration(warmUp);
  const report = await faultDrill({ ...of, drill: name, token, rps, warmUpMs: warm });
  await tell({ globals, layout: of.layout }, report, faultReportLines(report));
}

type Report = { readonly startedAtMs: number; readonly verdict: "passed" | "failed" };
type Where = { readonly globals: GlobalOptions; readonly layout: Layout };

async function tell({ globals, layout }: Where, report: Report, lines: readonly string[]): Promise<void> {
  const file = join(layout.root, "reports", `${report.startedAtMs}.json`);
  await writeFileAtomic(file, `${JSON.stringify(report, undefined, 2)}\n`);
  print(globals, report, [...lines, "", `report ${file}`]);
  globals.terminal.endWith(report.verdict === "passed" ? exitCodes.ok : exitCodes.objectiveMissed);
}

function oneOf<T extends string>(what: string, value: string, known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (found === undefined)
    throw new SluiceError("USAGE", `${what}: ${value} is not known`, { hint: `One of: ${known.join(", ")}.` });
  return found;
}
