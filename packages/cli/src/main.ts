import { makeProgram } from "./program.ts";
import { runProgram } from "./run-program.ts";

// A reader that has seen enough, like `sluice events | head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const tell = (text: string): void => void process.stderr.write(text);
const code = await runProgram(makeProgram(), process.argv.slice(2), tell);
if (code !== undefined) process.exitCode = code;
