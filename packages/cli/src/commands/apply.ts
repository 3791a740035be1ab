import { isDeepStrictEqual } from "node:util";
import { invalidConfig, parseConfigFile } from "@sluice/contract";
import { type Config, SluiceError } from "@sluice/core";
import type { Command } from "commander";
import { connect, globalsOf, print } from "../session.ts";
import { whoAsks } from "../who-asks.ts";

type ApplyOptions = { readonly reason: string; readonly dryRun?: boolean; readonly revision?: string };
type Current = { readonly revision: number; readonly config: Config };
type Done = { readonly lines: readonly string[]; readonly sequences: readonly number[] };

/** apply: stores a file as the next revision, through the leader; every process fetches it from there. */
export function applyCommand(program: Command): void {
  program
    .command("apply <file>")
    .description("put a configuration file in force as the next revision")
    .requiredOption("--reason <text>", "why; it goes into the audit record")
    .option("--revision <number>", "the revision that the change was made on; default: the one in force")
    .option("--dry-run", "say what would be done, and do nothing")
    .action((file: string, options: ApplyOptions, command: Command) => apply(file, options, command));
}

async function apply(file: string, options: ApplyOptions, command: Command): Promise<void> {
  const globals = globalsOf(command);
  whyNotOptions(options);
  const parsed = await parseConfigFile(file);
  if (parsed.kind === "invalid") throw invalidConfig(file, parsed);
  const { config, warnings } = parsed;
  const client = await connect(globals);
  const current = (await client.get("/v1/config/current")) as Current;
  const revisionBefore = options.revision === undefined ? current.revision : Number(options.revision);
  const isDryRun = options.dryRun ?? false;
  const warned = warnings.map(({ path, message }) => `warning: ${path}: ${message}`);
  // Revision 0 is the file that each process was started with, perhaps not the same everywhere: it is always replaced.
  if (revisionBefore === current.revision && revisionBefore > 0 && isDeepStrictEqual(current.config, config)) {
    const told = { revision: current.revision, isChanged: false, isDryRun, lines: [], warnings };
    print(globals, told, [`revision ${current.revision} already says so; nothing was applied`, ...warned]);
    return;
  }
  const body = { config, revisionBefore, reason: options.reason, by: whoAsks() };
  const done = (await client.send("PUT", "/v1/config", isDryRun ? { ...body, dryRun: true } : body)) as Done;
  const revision = revisionBefore + 1;
  const head = isDryRun ? `would become revision ${revision}:` : `revision ${revision} is in force:`;
  print(globals, { revision, isChanged: !isDryRun, isDryRun, lines: done.lines, warnings }, [
    head,
    ...done.lines.map((line) => `  ${line}`),
    ...warned,
  ]);
}

function whyNotOptions({ reason, revision }: ApplyOptions): void {
  if (reason.trim().length < 3) throw new SluiceError("USAGE", "--reason needs at least three characters");
  if (revision !== undefined && !/^\d{1,9}$/.test(revision))
    throw new SluiceError("USAGE", `--revision ${revision} is no number`, {
      hint: "Write it as status shows it.",
    });
}
