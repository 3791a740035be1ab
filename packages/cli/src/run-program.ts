import { SluiceError } from "@sluice/core";
import { describeError, problemDocument } from "@sluice/runtime";
import { CommanderError } from "commander";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { makeProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs one command line to its end. Errors are told as text, or with `--json` as one problem document, and nothing else is
 * written there.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await makeProgram(terminal).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const told = error instanceof CommanderError ? usageError(error) : error;
    terminal.err.write(args.includes("--json") ? `${JSON.stringify(asProblem(told))}\n` : `${describeError(told)}\n`);
    terminal.endWith(told instanceof SluiceError ? exitCodeOf(told.code) : exitCodes.failed);
  }
}

/** What the command line library objects to, in our own words: `error: unknown command 'x'\n(Did you mean y?)`. */
function usageError(error: CommanderError): SluiceError {
  // Its help has been printed already, for instance of `sluice lab`, which does nothing by itself.
  if (error.code === "commander.help") return new SluiceError("USAGE", "a command is missing");
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const meant = suggestion === undefined ? "" : `${suggestion.replace(/^\(|\)$/g, "")} `;
  return new SluiceError("USAGE", message, { hint: `${meant}See --help, or docs/cli.md.`, cause: error });
}

function asProblem(error: unknown): unknown {
  if (error instanceof SluiceError) return problemDocument(error);
  return problemDocument(new SluiceError("INTERNAL", error instanceof Error ? error.message : String(error)));
}
