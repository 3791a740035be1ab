import { runProgram } from "./run-program.ts";

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a command line to its end in this process, for tests: one of its own loads everything anew, which is most of what a command costs. */
export async function runHere(args: readonly string[]): Promise<Ended> {
  const ended = { code: 0, stdout: "", stderr: "" };
  await runProgram(args, {
    out: (text) => void (ended.stdout += text),
    err: { write: (text) => void (ended.stderr += text) },
    endWith: (code) => void (ended.code = code),
  });
  return ended;
}
