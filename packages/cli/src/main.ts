import { runProgram } from "./run-program.ts";
import { processTerminal } from "./terminal.ts";

// A reader that has seen enough, like `sluice events | head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

await runProgram(process.argv.slice(2), processTerminal);
