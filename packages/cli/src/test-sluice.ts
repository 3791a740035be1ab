import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, runHere } from "./run-here.ts";

export const sluice = (...args: readonly string[]): Promise<Ended> => runHere(args);

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
