import { readConfigFile } from "@sluice/contract";
import { defaultRoot, layoutOf } from "@sluice/lab";
import { readToken } from "@sluice/runtime";
import type { Command } from "commander";
import { type ArbiterClient, makeArbiterClient } from "./arbiter-client.ts";

/** Options that every command takes. */
export type GlobalOptions = {
  readonly json?: boolean;
  readonly dir: string;
  readonly arbiters?: string;
  readonly tokenFile?: string;
};

export const globalsOf = (command: Command): GlobalOptions => command.optsWithGlobals<GlobalOptions>();

/** The configuration that a command without a file means. */
export const configFileOf = (options: GlobalOptions): string => layoutOf(options.dir).config;

/** Talks to the arbiters that the options name, or else to those of the lab. */
export async function connect(options: GlobalOptions): Promise<ArbiterClient> {
  const layout = layoutOf(options.dir);
  const urls =
    options.arbiters?.split(",") ?? (await readConfigFile(layout.config)).arbiters.map((arbiter) => arbiter.url);
  return makeArbiterClient(urls, await readToken(options.tokenFile ?? `${layout.keys}/operator.token`));
}

export { defaultRoot };

/** Prints data for scripts, or lines for people; nothing else goes to standard output. */
export function print(options: GlobalOptions, data: unknown, lines: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(data)}\n` : `${lines.join("\n")}\n`);
}
