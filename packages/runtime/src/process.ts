import { flushCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { SluiceError } from "@sluice/core";

export type ProcessFlags = {
  readonly name: string;
  readonly config: string;
  readonly keys: string;
  readonly state: string;
  readonly logLevel: string;
};

/** The flags that agent, nameserver and arbiter share. */
export function processFlags(args: readonly string[] = process.argv.slice(2)): ProcessFlags {
  const text = { type: "string" } as const;
  const options = {
    name: text,
    config: text,
    keys: text,
    state: text,
    "log-level": { type: "string", default: "info" },
  } as const;
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const need = (flag: "name" | "config" | "keys" | "state"): string => {
    const value = values[flag];
    if (value === undefined)
      throw new SluiceError("BODY_INVALID", `--${flag} is missing`, {
        hint: "Give --name, --config, --keys and --state.",
      });
    return value;
  };
  return {
    name: need("name"),
    config: need("config"),
    keys: need("keys"),
    state: need("state"),
    logLevel: values["log-level"],
  };
}

/** Aborted on SIGINT or SIGTERM. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
  return stop.signal;
}

/**
 * Runs a process to its end: exit 0 when it returns, one line with what to do and exit 1 when it cannot go on.
 *
 * First it writes the compile cache, if one is in use: by itself node writes it on a clean exit only, and a process that
 * finds its sources stripped and compiled needs a third less memory. A cold write takes the thread for up to a second, so it
 * comes before there is anybody to answer.
 */
export async function runMain(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  flushCompileCache();
  try {
    await main(stopSignal());
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(1);
  }
}

/** An error as people read it: code, sentence, what to do, and each problem on a line. */
export function describeError(error: unknown): string {
  if (!(error instanceof SluiceError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const problems = error.problems.map(
    ({ path, message, hint }) => `  ${path ? `${path}: ` : ""}${message}${hint ? ` (${hint})` : ""}`,
  );
  return [`${error.code}: ${error.message}`, ...problems, ...(error.hint === undefined ? [] : [error.hint])].join("\n");
}
