import { open } from "node:fs/promises";
import { type Config, SluiceError } from "@sluice/core";
import { configBytesMax } from "./bounds.ts";
import { type ParsedConfig, parseConfig } from "./parse-config.ts";
import { unreadableCertificates } from "./unreadable-certificates.ts";
import { unreadableFiles } from "./unreadable-files.ts";

export type ReadOptions = {
  /** Also look at the files that the configuration names. For the processes that will read them. Default false. */
  readonly withFiles?: boolean;
};

/** Reads a configuration file, or throws CONFIG_UNREADABLE or CONFIG_INVALID with every problem. */
export async function readConfigFile(path: string, options: ReadOptions = {}): Promise<Config> {
  const parsed = await parseConfigFile(path, options);
  if (parsed.kind === "ok") return parsed.config;
  throw invalidConfig(path, parsed);
}

/** Reads and checks a configuration file. Throws CONFIG_UNREADABLE only when there is no text to look at. */
export async function parseConfigFile(path: string, options: ReadOptions = {}): Promise<ParsedConfig> {
  const parsed = parseConfig(await readBounded(path));
  const config = parsed.kind === "ok" ? parsed.config : parsed.shaped;
  const files =
    options.withFiles && config ? [...(await unreadableFiles(config)), ...(await unreadableCertificates(config))] : [];
  if (files.length === 0) return parsed;
  if (parsed.kind === "invalid") return { ...parsed, problems: [...parsed.problems, ...files] };
  const { warnings } = parsed;
  return { kind: "invalid", problems: files, warnings, isYaml: true, shaped: parsed.config };
}

export function invalidConfig(path: string, parsed: Extract<ParsedConfig, { kind: "invalid" }>): SluiceError {
  const { problems } = parsed;
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  const hint = "Correct each of them; `pnpm sluice config check` lists them again.";
  return parsed.isYaml
    ? new SluiceError("CONFIG_INVALID", `${path} has ${count}`, { hint, problems })
    : new SluiceError("CONFIG_UNREADABLE", `${path} is not YAML`, { hint, problems });
}

/** One byte more than is allowed is read and no further, so that a wrong path costs no memory. */
async function readBounded(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const buffer = new Uint8Array(configBytesMax + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError("CONFIG_UNREADABLE", `cannot read ${path}: ${because}`, {
      hint: "Check the path, its permissions, and that it is UTF-8 text.",
      cause,
    });
  }
}
