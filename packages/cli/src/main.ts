import { SluiceError } from "@sluice/core";
import { describeError } from "@sluice/runtime";
import { Command } from "commander";
import { configCommands } from "./commands/config.ts";
import { drillCommands } from "./commands/drill.ts";
import { labCommands } from "./commands/lab.ts";
import { lookCommands } from "./commands/look.ts";
import { operateCommands } from "./commands/operate.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { defaultRoot } from "./session.ts";

const program = new Command("sluice")
  .description("moves LLM traffic between sites, and proves it")
  .option("--json", "print data instead of text")
  .option("--dir <directory>", "the lab's state", defaultRoot)
  .option("--arbiters <urls>", "arbiters to ask, separated by commas; default: those of the lab's configuration")
  .option("--token-file <file>", "the operator's token; default: the lab's");
lookCommands(program);
operateCommands(program);
configCommands(program);
labCommands(program);
drillCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof SluiceError ? exitCodeOf(error.code) : exitCodes.failed;
}
