import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { SluiceError } from "@sluice/core";
import type { ServerUser } from "./server-user.ts";

export type Ended = {
  /** Undefined when a signal ended it, or when it never began. */
  readonly code: number | undefined;
  /** An error with what it said last. */
  failure(what: string, hint: string): SluiceError;
};

export type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

type RunOptions = { readonly user: ServerUser | undefined; readonly log: (message: string) => void };

const linesMax = 20;

/** Runs one of the Postgres programs, in a process group of its own and with messages in English. */
export function run(program: string, flags: readonly string[], { user, log }: RunOptions): Running {
  const child = spawn(program, flags, {
    ...user,
    // Not where we are: its user may not be allowed there.
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  const lines: string[] = [];
  const take = (line: string): void => {
    lines.push(line);
    if (lines.length > linesMax) lines.shift();
    log(line);
  };
  if (child.stderr) createInterface(child.stderr).on("line", take);
  const failure = (what: string, hint: string): SluiceError => {
    // The reason is in the first complaint; what follows is its consequence.
    const reason = lines.find((line) => /FATAL|PANIC|error:|ERROR/.test(line)) ?? lines.at(-1) ?? "it said nothing";
    const cause = new Error(lines.join("\n"));
    return new SluiceError("STORE_UNAVAILABLE", `${what}: ${reason}`, { hint, cause });
  };
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", (error) => {
      take(`cannot run ${program}: ${error.message}`);
      resolve({ code: undefined, failure });
    });
    child.once("close", (code) => resolve({ code: code ?? undefined, failure }));
  });
  return { child, ended };
}
