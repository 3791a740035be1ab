import { parseArgs } from "node:util";
import type { Fault } from "./fault.ts";
import { allFaults, shortFaults } from "./faults/index.ts";

export const usage = `pnpm chaos [F-number …] [--short] [--json] [--keep FILE]
  Lays a network of namespaces, starts an installation of real processes in it, and injects faults for real: each of the list, or
  those named. It must be root, with ip, nsenter, nft and psql. --short: ${shortFaults.join(", ")}. --keep writes the table as Markdown.
  Exit 1 when something was not as it must be, 3 when this machine can't do it.
  Faults: ${allFaults.map(({ id }) => id).join(" ")}`;

export type Options = {
  readonly faults: readonly Fault[];
  readonly isJson: boolean;
  readonly keep: string | undefined;
};

export function readOptions(args: readonly string[]): Options | undefined {
  const options = { short: { type: "boolean" }, json: { type: "boolean" }, keep: { type: "string" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const wanted =
      values.short && positionals.length === 0 ? shortFaults : positionals.map((name) => name.toUpperCase());
    if (wanted.some((name) => allFaults.every(({ id }) => id !== name))) return undefined;
    const faults = allFaults.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
    return { faults, isJson: values.json ?? false, keep: values.keep };
  } catch {
    return undefined;
  }
}
