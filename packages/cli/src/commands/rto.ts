import { invalidConfig, parseConfigFile } from "@sluice/contract";
import { type Config, type RtoBudget, rtoBudget, SluiceError } from "@sluice/core";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { configFileOf, globalsOf, print } from "../session.ts";
import { table } from "../table.ts";

type ServiceBudget = RtoBudget & { readonly service: string };

/** rto: how long a lost site may be felt, as a sum, held against what the file promises. */
export function rtoCommand(program: Command): void {
  program
    .command("rto [file]")
    .description("the time to recover, term by term, against each objective; exit 6 when one can't be met")
    .option("--service <name>", "only this service")
    .action(async (file: string | undefined, options: { service?: string }, command: Command) => {
      const globals = globalsOf(command);
      const config = await readForBudget(file ?? configFileOf(globals));
      const services = config.services.filter(({ name }) => options.service === undefined || name === options.service);
      if (services.length === 0) {
        const known = config.services.map(({ name }) => name).join(", ") || "none";
        const hint = `The file has: ${known}.`;
        throw new SluiceError("NOT_FOUND", `there is no service ${options.service ?? "in the file"}`, { hint });
      }
      const budgets = services.map((service) => ({ service: service.name, ...rtoBudget(config, service) }));
      print(globals, { budgets }, budgets.flatMap(budgetLines).slice(0, -1));
      if (budgets.some((budget) => !budget.meets)) globals.terminal.endWith(exitCodes.objectiveMissed);
    });
}

/** An objective that can't be met is what this command is asked about; any other problem is refused as everywhere. */
async function readForBudget(file: string): Promise<Config> {
  const parsed = await parseConfigFile(file);
  if (parsed.kind === "ok") return parsed.config;
  const isOnlyMissed = parsed.problems.every(({ path }) => /^services\[\d+\]\.rtoSeconds$/.test(path));
  if (parsed.shaped && isOnlyMissed) return parsed.shaped;
  throw invalidConfig(file, parsed);
}

function budgetLines(budget: ServiceBudget): readonly string[] {
  const { service, terms, authoritativeMs, promisedMs, objectiveMs, meets, totalMs } = budget;
  const verdict = meets ? "is met" : "CAN'T BE MET";
  const rows = terms.map(({ name, ms, because }) => [`  ${name}`, seconds(ms), because]);
  const sums = [
    ["  = authoritative", seconds(authoritativeMs), "every nameserver that can be reached answers anew"],
    ["  = in all", seconds(totalMs), "the last browser has moved"],
  ];
  return [
    `${service}: the objective of ${seconds(objectiveMs)} ${verdict}; promised are ${seconds(promisedMs)}, ${covers(budget)}`,
    ...table(["  TERM", "TIME", "BECAUSE"], [...rows, ...sums]),
    ...budget.problems.flatMap(({ hint }) => (hint === undefined ? [] : [`  ${hint}`])),
    ...budget.warnings.map(({ message }) => `  warning: ${message}`),
    "",
  ];
}

const covers = ({ promisedMs, totalMs }: RtoBudget): string =>
  promisedMs === totalMs ? "browsers included" : "answers and resolvers, not browsers";

const seconds = (ms: number): string => `${ms / 1000} s`;
