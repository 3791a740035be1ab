import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a command line to its end, in this process: a process of its own would load everything anew, which is most of what a command costs. */
export async function sluice(...args: readonly string[]): Promise<Ended> {
  const ended = { code: 0, stdout: "", stderr: "" };
  await runProgram(args, {
    out: (text) => void (ended.stdout += text),
    err: { write: (text) => void (ended.stderr += text) },
    endWith: (code) => void (ended.code = code),
  });
  return ended;
}

/** The same as a process of its own. */
export function sluiceProcess(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args]);
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (texts.stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (texts.stderr += piece));
  return new Promise((resolve, reject) =>
    child.once("error", reject).once("close", (code) => resolve({ code, ...texts })),
  );
}

export const makeTemporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), "sluice-cli-"));

/** Writes a file into a directory and answers its path. */
export async function writeInto(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}
