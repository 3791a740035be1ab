import type { Command } from "commander";
import { connect, globalsOf, print } from "../session.ts";
import { type Explained, explainLines } from "../show-explain.ts";
import { statusLines } from "../show-status.ts";
import { wholeNumber } from "../whole-number.ts";
import { type EventsOptions, events } from "./events.ts";

/** status, explain and events: what is true, and why. */
export function lookCommands(program: Command): void {
  program
    .command("status")
    .description("who leads, fresh vantages, each service's site, and whether its standby is ready")
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const survey = await (await connect(globals)).survey();
      const { statuses, silent } = survey;
      print(globals, { ...statuses[0], silent }, statusLines(survey, Date.now()));
    });
  program
    .command("explain <name>")
    .description("what a service or host name is answered, and why")
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const explained = (await (await connect(globals)).get(`/v1/explain/${encodeURIComponent(name)}`)) as Explained;
      print(globals, explained, explainLines(explained));
    });
  program
    .command("events")
    .description("what happened, in order: the last 100, or from an id on; with --json one object a line")
    .option("--follow", "go on printing as things happen, until Ctrl-C")
    .option("--after <id>", "read on from this journal id; 0 is the beginning", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--limit <number>", "at most this many before following", wholeNumber(1, 1_000), 100)
    .action((options: EventsOptions, command: Command) => events(command, options));
}
