import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { type Config, type Problem, SluiceError } from "@sluice/core";
import { parseDocument } from "yaml";
import { ConfigSchema } from "./config-schema.ts";
import { meaning } from "./meaning.ts";
import { shape } from "./shape.ts";

export type ParsedConfig =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

/** Unit: bytes. A configuration larger than this is refused unread. */
export const configBytesMax = 1_048_576;

/** Reads YAML text. All problems come in one go, each with the path it concerns. */
export function parseConfig(text: string): ParsedConfig {
  if (Buffer.byteLength(text) > configBytesMax) {
    return invalid("the configuration is larger than 1 MiB", "Split the installation, or look for a pasted file.");
  }
  try {
    const document = parseDocument(text, { uniqueKeys: true });
    if (document.errors.length > 0) {
      return { kind: "invalid", problems: document.errors.map((error) => ({ path: "", message: error.message })) };
    }
    return checkConfig(document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error), "Write plain YAML, with few aliases.");
  }
}

/** The same checks for a value that was parsed already. Defaults are filled in; the value itself is left alone. */
export function checkConfig(value: unknown): ParsedConfig {
  const shaped = shape(ConfigSchema, value);
  if (shaped.problems.length > 0) return { kind: "invalid", problems: shaped.problems };
  const config = shaped.value as Config;
  const { problems, warnings } = meaning(config);
  return problems.length > 0 ? { kind: "invalid", problems } : { kind: "ok", config, warnings };
}

/** Reads a configuration file, or throws CONFIG_UNREADABLE or CONFIG_INVALID with every problem. */
export async function readConfigFile(path: string): Promise<Config> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new SluiceError("CONFIG_UNREADABLE", `cannot read ${path}`, { hint: "Check the path and its mode.", cause });
  });
  const parsed = parseConfig(text);
  if (parsed.kind === "ok") return parsed.config;
  throw new SluiceError("CONFIG_INVALID", `${path} has ${parsed.problems.length} problem(s)`, {
    hint: "Correct each problem; `sluice config check` lists them.",
    problems: parsed.problems,
  });
}

const invalid = (message: string, hint: string): ParsedConfig => ({
  kind: "invalid",
  problems: [{ path: "", message, hint }],
});
