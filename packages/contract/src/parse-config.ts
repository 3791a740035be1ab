import { Buffer } from "node:buffer";
import type { Config, Problem } from "@sluice/core";
import { configBytesMax, yamlBytesMax } from "./bounds.ts";
import { ConfigSchema } from "./config-schema.ts";
import { meaning } from "./meaning.ts";
import { makeParts } from "./parts.ts";
import { readJson, readYaml } from "./read-yaml.ts";
import { shape } from "./shape.ts";

export type ParsedConfig =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly Problem[] }
  | {
      readonly kind: "invalid";
      readonly problems: readonly Problem[];
      readonly warnings: readonly Problem[];
      /** False when the text is not even YAML, so that nothing could be looked at. */
      readonly isYaml: boolean;
      /** What the text says, when every value at least has the right shape. Not to be started with. */
      readonly shaped?: Config;
    };

/** More are counted, not listed. */
const problemsMax = 1_000;

/** Reads YAML text, or JSON, which is YAML too. All problems come in one go, each with the path it concerns. */
export function parseConfig(text: string): ParsedConfig {
  const bytes = Buffer.byteLength(text);
  if (bytes > configBytesMax) return tooLarge("the text");
  const read = bytes > yamlBytesMax ? readJson(text) : readYaml(text);
  if (read.kind === "unreadable")
    return { kind: "invalid", problems: bounded(read.problems), warnings: [], isYaml: false };
  const checked = checkConfig(read.value);
  if (read.problems.length === 0) return checked;
  const problems = checked.kind === "invalid" ? [...read.problems, ...checked.problems] : read.problems;
  return { kind: "invalid", problems: bounded(problems), warnings: checked.warnings, isYaml: true };
}

/** The same checks for a value that was parsed already. Defaults are filled in; the value itself is left alone. */
export function checkConfig(value: unknown): ParsedConfig {
  const shaped = shape(ConfigSchema, value);
  if (shaped.unsound.includes("")) return invalid(shaped.problems);
  const config = shaped.value as Config;
  const found = meaning(makeParts(config, shaped.unsound));
  const isShaped = shaped.unsound.length === 0;
  const problems = [...shaped.problems, ...found.problems];
  if (problems.length > 0) {
    const extra = { warnings: found.warnings, ...(isShaped ? { shaped: config } : {}) };
    return { kind: "invalid", problems: bounded(problems), isYaml: true, ...extra };
  }
  if (Buffer.byteLength(JSON.stringify(config)) > configBytesMax) return tooLarge("as JSON, with its defaults, it");
  return { kind: "ok", config, warnings: found.warnings };
}

/** A configuration that was checked when it was applied, with the defaults of settings that have come since. */
export function withNewSettings(config: Config): Config {
  const { value, unsound } = shape(ConfigSchema, config);
  return unsound.length === 0 ? (value as Config) : config;
}

const invalid = (problems: readonly Problem[]): ParsedConfig => ({
  kind: "invalid",
  problems,
  warnings: [],
  isYaml: true,
});

const tooLarge = (what: string): ParsedConfig =>
  invalid([
    {
      path: "",
      message: `the configuration is too large: ${what} is over 16 MiB`,
      hint: "Split the installation, or look for a pasted file.",
    },
  ]);

function bounded(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= problemsMax) return problems;
  const more = { path: "", message: `${problems.length - problemsMax} more problems are not listed` };
  return [...problems.slice(0, problemsMax), more];
}
