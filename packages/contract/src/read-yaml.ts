import type { Problem } from "@sluice/core";
import { LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from "yaml";

export type ReadYaml =
  /** With problems only where a key stands twice: everything else can still be looked at. */
  | { readonly kind: "read"; readonly value: unknown; readonly problems: readonly Problem[] }
  | { readonly kind: "unreadable"; readonly problems: readonly Problem[] };

/** Aliases are for people who don't repeat themselves, not for bombs. */
const aliasesMax = 100;

/** Parses one YAML document. Each problem's path is its place: `line 3, column 5`. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  // A warning is a tag that YAML doesn't know: its value would silently be something else than was meant.
  const found = [...document.errors, ...document.warnings];
  const problems = found.map((error) => problemOf(error, lines));
  if (found.some((error) => error.code !== "DUPLICATE_KEY")) return { kind: "unreadable", problems };
  try {
    return { kind: "read", value: document.toJS({ maxAliasCount: aliasesMax }), problems };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const path = "line 1, column 1";
    return {
      kind: "unreadable",
      problems: [...problems, { path, message, hint: "Write plain YAML, with few aliases." }],
    };
  }
}

/** A text too long for the YAML parser. A key that stands twice isn't noticed here: the later one wins. */
export function readJson(text: string): ReadYaml {
  try {
    return { kind: "read", value: JSON.parse(text), problems: [] };
  } catch (error) {
    const message = `a text over 1 MiB must be JSON: ${(error as Error).message}`;
    return { kind: "unreadable", problems: [{ path: "", message, hint: "Convert it, or split the installation." }] };
  }
}

function problemOf(error: YAMLParseError | YAMLWarning, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const isTwice = error.code === "DUPLICATE_KEY";
  return {
    path: `line ${line}, column ${col}`,
    message: isTwice ? "this key stands in its mapping twice" : error.message,
    hint: isTwice ? "Leave one; the later would win without a word." : "Correct the YAML; nothing else was looked at.",
  };
}
