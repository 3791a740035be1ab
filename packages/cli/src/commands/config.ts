import { configJsonSchema, type ParsedConfig, parseConfigFile } from "@sluice/contract";
import type { Problem } from "@sluice/core";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { configFileOf, globalsOf, print } from "../session.ts";
import { applyCommand } from "./apply.ts";
import { rtoCommand } from "./rto.ts";

/** config check, config schema, rto and apply: everything about sluice.yaml, before and when it is put in force. */
export function configCommands(program: Command): void {
  const config = program.command("config").description("check the configuration file; print its schema");
  config
    .command("check [file]")
    .description("every problem and warning of a file (default: the lab's); exit 0 when it can be started with, else 2")
    .option("--skip-files", "leave out the files that it names, for a machine that doesn't have them")
    .action(async (file: string | undefined, options: { skipFiles?: boolean }, command: Command) => {
      const globals = globalsOf(command);
      const path = file ?? configFileOf(globals);
      const parsed = await parseConfigFile(path, { withFiles: !options.skipFiles });
      const problems = parsed.kind === "invalid" ? parsed.problems : [];
      const { warnings } = parsed;
      print(globals, { file: path, isValid: parsed.kind === "ok", problems, warnings }, checkLines(path, parsed));
      if (parsed.kind === "invalid") globals.terminal.endWith(exitCodes.usage);
    });
  config
    .command("schema")
    .description("JSON Schema of the file, for editors; docs/sluice.schema.json is the same")
    .action((_options: unknown, command: Command) => {
      print(globalsOf(command), configJsonSchema, [JSON.stringify(configJsonSchema, null, 2)]);
    });
  rtoCommand(program);
  applyCommand(program);
}

function checkLines(path: string, parsed: ParsedConfig): readonly string[] {
  const problems = parsed.kind === "invalid" ? parsed.problems : [];
  const { warnings } = parsed;
  const verdict = parsed.kind === "ok" ? "can be started with" : "is refused";
  return [
    `${path} ${verdict}: ${count(problems.length, "problem")}, ${count(warnings.length, "warning")}`,
    ...problems.flatMap((problem) => problemLines("problem", problem)),
    ...warnings.flatMap((warning) => problemLines("warning", warning)),
  ];
}

const problemLines = (kind: "problem" | "warning", { path, message, hint }: Problem): readonly string[] => [
  `  ${kind}  ${path === "" ? "" : `${path}: `}${message}`,
  ...(hint === undefined ? [] : [`           ${hint}`]),
];

const count = (number: number, what: string): string => `${number || "no"} ${what}${number === 1 ? "" : "s"}`;
