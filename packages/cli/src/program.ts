import { Command } from "commander";
import { configCommands } from "./commands/config.ts";
import { drillCommands } from "./commands/drill.ts";
import { installCommands } from "./commands/install.ts";
import { keysCommands } from "./commands/keys.ts";
import { labCommands } from "./commands/lab.ts";
import { leadCommand } from "./commands/lead.ts";
import { lookCommands } from "./commands/look.ts";
import { operateCommands } from "./commands/operate.ts";
import { weightsCommand } from "./commands/weights.ts";
import { examples } from "./examples.ts";
import { defaultRoot } from "./session.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** The `sluice` command with everything it knows; nothing is run yet, so tests and docs can look at it. */
export function makeProgram(terminal: Terminal = processTerminal): Command {
  const program = new Command("sluice")
    .description("moves LLM traffic between sites, and proves it")
    .option("--json", "print data instead of text; errors too, as problem documents")
    .option("--dir <directory>", "the lab's state", defaultRoot)
    .option("--arbiters <urls>", "arbiters to ask, separated by commas; default: those of the lab's configuration")
    .option("--token-file <file>", "the operator's token; default: the lab's")
    // Settings that commands inherit when they are added, so they stand first.
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => void terminal.err.write(text),
      outputError: () => undefined,
    })
    .exitOverride()
    // Commands find it among the options of all.
    .setOptionValue("terminal", terminal);
  lookCommands(program);
  operateCommands(program);
  leadCommand(program);
  weightsCommand(program);
  configCommands(program);
  installCommands(program);
  keysCommands(program);
  labCommands(program);
  drillCommands(program);
  for (const command of runnable(program)) {
    const lines = examples[pathOf(command)] ?? [];
    command.addHelpText("after", ["", "Examples:", ...lines.map((line) => `  $ ${line}`)].join("\n"));
  }
  return program.addHelpText("after", "\nExit codes and examples: docs/cli.md. Each command has a --help of its own.");
}

/** Every command that does something, without those that only hold others. */
export function runnable(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(runnable);
}

/** `lab up`, as it is typed after `sluice`. */
export const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : "";
