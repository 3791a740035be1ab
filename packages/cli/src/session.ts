import { readConfigFile } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { defaultRoot, layoutOf } from "@sluice/lab";
import { readToken } from "@sluice/runtime";
import type { Command } from "commander";
import { type ArbiterClient, makeArbiterClient } from "./arbiter-client.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes, and where it writes. */
export type GlobalOptions = {
  readonly json?: boolean;
  readonly dir: string;
  readonly arbiters?: string;
  readonly tokenFile?: string;
  readonly terminal: Terminal;
};

export const globalsOf = (command: Command): GlobalOptions => command.optsWithGlobals<GlobalOptions>();

/** The configuration that a command without a file means. */
export const configFileOf = (options: GlobalOptions): string => layoutOf(options.dir).config;

/** Talks to the arbiters that the options name, or else to those of the lab. */
export async function connect(options: GlobalOptions): Promise<ArbiterClient> {
  const urls = options.arbiters === undefined ? await labUrls(options) : parseUrls(options.arbiters);
  return makeArbiterClient(urls, await readToken(options.tokenFile ?? `${layoutOf(options.dir).keys}/operator.token`));
}

async function labUrls(options: GlobalOptions): Promise<readonly string[]> {
  try {
    return (await readConfigFile(configFileOf(options))).arbiters.map((arbiter) => arbiter.url);
  } catch (cause) {
    if (!(cause instanceof SluiceError) || cause.code !== "CONFIG_UNREADABLE") throw cause;
    const hint = "Start one with `pnpm start`, or give --arbiters and --token-file.";
    throw new SluiceError("LAB_DOWN", `there is no lab in ${options.dir}, and no --arbiters`, { hint, cause });
  }
}

/** Trailing slashes are forgiven; anything that is no address of an arbiter isn't. */
function parseUrls(text: string): readonly string[] {
  const hint = "Write http://127.0.3.1:7400,http://127.0.1.1:7400.";
  return text.split(",").map((each) => {
    const url = URL.parse(each.trim());
    if (!url || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "")
      throw new SluiceError("USAGE", `--arbiters: ${each.trim() || "nothing"} is no address of an arbiter`, { hint });
    return url.href.replace(/\/+$/, "");
  });
}

export { defaultRoot };

/** Prints data for scripts, or lines for people; nothing else goes to standard output. */
export function print(options: GlobalOptions, data: unknown, lines: readonly string[]): void {
  options.terminal.out(options.json ? `${JSON.stringify(data)}\n` : `${lines.join("\n")}\n`);
}
