import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, renameSync } from "node:fs";
import { SluiceError } from "@sluice/core";
import { sleep } from "@sluice/runtime";

/** A process that was just started, and where in its log it begins to speak. */
export type Started = {
  readonly process: ChildProcess;
  readonly log: string;
  readonly from: number;
  /** Lets it begin. Whoever is killed before has started nothing. */
  readonly go: () => void;
};

export type Surroundings = {
  readonly env: NodeJS.ProcessEnv;
  /** A command that becomes the one after it, in another place: `nsenter --net=FILE`. Default: none. */
  readonly within?: readonly string[];
};

/** Nineteen processes on a busy machine; one that ends is noticed at once, so patience costs nothing. */
const readyTimeoutMs = 60_000;
const lookEveryMs = 25;
const tailBytes = 65_536;
const lastLinesMax = 5;
const logBytesMax = 10 * 1024 * 1024;

/** A small young generation: these processes make little garbage, and nineteen of them share one machine. */
const nodeFlags = ["--max-semi-space-size=1"];

/** The shell becomes node, so the process id stays. It ends instead when our end of the pipe is closed without a word. */
const waitForWord = 'read -r word && exec "$0" "$@" </dev/null';

/**
 * Starts a script of ours with the log as its output. It writes there itself, not through us, so it goes on when we are
 * killed. A group of its own: Ctrl-C in the terminal reaches the supervisor only, which ends the others in order.
 *
 * It begins with `go`, so that it can be written down first: no process is left behind that nobody knows of.
 */
export function startProcess(args: readonly string[], log: string, { env, within = [] }: Surroundings): Started {
  const output = openLog(log);
  try {
    const from = fstatSync(output).size;
    const child = spawn("/bin/sh", ["-c", waitForWord, ...within, process.execPath, ...nodeFlags, ...args], {
      detached: true,
      stdio: ["pipe", output, output],
      env,
    });
    // One that is killed while it waits doesn't read it any more.
    child.stdin?.on("error", () => undefined);
    return { process: child, log, from, go: () => void child.stdin?.end("go\n") };
  } finally {
    closeSync(output);
  }
}

/** The log of the runs before is kept until it is large, and then once more as `.1`. */
function openLog(path: string): number {
  const log = openSync(path, "a", 0o600);
  if (fstatSync(log).size < logBytesMax) return log;
  closeSync(log);
  renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/** Resolves when the process says in its log that it is ready or listening; rejects when it ends first or takes too long. */
export async function untilReady(started: Started, name: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + readyTimeoutMs;
  for (;;) {
    // Before the look at the log, which then holds all it had to say.
    const hasEnded = started.process.exitCode !== null || started.process.signalCode !== null;
    const said = readFrom(started.log, started.from);
    if (/"event":"(ready|listening)"/.test(said)) return;
    if (signal.aborted) throw new SluiceError("LAB_DOWN", `${name} was stopped while it started`);
    if (hasEnded) throw endedEarly(started, name, said);
    if (performance.now() > until) {
      const message = `${name} was not ready within ${readyTimeoutMs / 1000} s`;
      throw new SluiceError("START_FAILED", message, { hint: `Is the machine too busy? Read ${started.log}.` });
    }
    await sleep(lookEveryMs, signal);
  }
}

function endedEarly(started: Started, name: string, said: string): SluiceError {
  const { exitCode, signalCode } = started.process;
  const lines = said.trimEnd().split("\n").slice(-lastLinesMax);
  return new SluiceError("START_FAILED", `${name} ended before it was ready (${signalCode ?? `exit ${exitCode}`})`, {
    hint: `Read ${started.log}.`,
    problems: lines.filter((line) => line !== "").map((line) => ({ path: "", message: line })),
  });
}

function readFrom(path: string, from: number): string {
  const log = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(tailBytes);
    const start = Math.max(from, fstatSync(log).size - tailBytes);
    return bytes.toString("utf8", 0, readSync(log, bytes, 0, tailBytes, start));
  } finally {
    closeSync(log);
  }
}
