import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { layoutOf, needLab } from "@sluice/lab";
import { stopSignal, writeFileAtomic } from "@sluice/runtime";
import type { Command } from "commander";
import { drillFacts } from "../drill/facts.ts";
import { reportLines } from "../drill/print-report.ts";
import { siteOutage } from "../drill/site-outage.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { connect, globalsOf, print } from "../session.ts";

type DrillOptions = {
  readonly service: string;
  readonly site?: string;
  readonly fault: string;
  readonly resolver: string;
  readonly hold: string;
};

/** drill run: a rehearsal on the running lab, with a real fault and a measured report. */
export function drillCommands(program: Command): void {
  program
    .command("drill")
    .description("rehearse a failover and measure it")
    .command("run <drill>")
    .description("site-outage: everything in a site dies at once; exit 0 only if the objective was met")
    .requiredOption("--service <service>", "the service that is watched")
    .option("--site <site>", "the site to lose; default: the one that serves")
    .option("--fault <kind>", "killed (SIGKILL: connections are refused) or silent (SIGSTOP: they hang)", "killed")
    .option(
      "--resolver <kind>",
      "how clients resolve: authoritative, or through a real caching unbound",
      "authoritative",
    )
    .option("--hold <duration>", "how long the new answers must hold", "60s")
    .action((name: string, options: DrillOptions, command: Command) => run(command, name, options));
}

async function run(command: Command, name: string, options: DrillOptions): Promise<void> {
  oneOf("drill", name, ["site-outage"]);
  const fault = oneOf("--fault", options.fault, ["killed", "silent"]);
  const resolver = oneOf("--resolver", options.resolver, ["authoritative", "unbound"]);
  const holdMs = parseDuration(options.hold);
  const globals = globalsOf(command);
  const lab = await needLab(globals.dir);
  const layout = layoutOf(globals.dir);
  const client = await connect(globals);
  const signal = stopSignal();
  const facts = await drillFacts(client, layout.config, { ...options, signal });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const report = await siteOutage({ client, lab, facts, fault, resolver, holdMs, say, signal });
  const file = join(layout.root, "reports", `${report.startedAtMs}.json`);
  await writeFileAtomic(file, `${JSON.stringify(report, undefined, 2)}\n`);
  print(globals, report, [...reportLines(report), "", `report ${file}`]);
  process.exitCode = report.verdict === "passed" ? exitCodes.ok : exitCodes.objectiveMissed;
}

function oneOf<T extends string>(what: string, value: string, known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (found === undefined)
    throw new SluiceError("USAGE", `${what}: ${value} is not known`, { hint: `One of: ${known.join(", ")}.` });
  return found;
}
