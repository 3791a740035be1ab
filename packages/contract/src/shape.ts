import type { Problem } from "@sluice/core";
import { formatOf } from "./formats.ts";
import { nearest } from "./nearest.ts";

/** The part of JSON Schema that the configuration's schema uses. */
export type SchemaNode = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export type Shaped = {
  /** The value with defaults filled in. Only what lies outside `unsound` may be trusted to have its type. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Paths whose value does not fit. An unknown key is a problem, but makes nothing beside it unsound. */
  readonly unsound: readonly string[];
};

/**
 * Fills in defaults and gathers every problem, with its path. Written by hand rather than taken from the validator: a
 * person wants to hear which `kind` was meant and which key was misspelt, not that no branch of a union fits.
 */
export function shape(schema: unknown, value: unknown): Shaped {
  const found = { problems: [] as Problem[], unsound: [] as string[] };
  const filled = visit(schema as SchemaNode, value, { path: "", ...found });
  return { value: filled, ...found };
}

type Place = { readonly path: string; readonly problems: Problem[]; readonly unsound: string[] };

function visit(node: SchemaNode, value: unknown, place: Place): unknown {
  const given = value === undefined ? structuredClone(node.default) : value;
  if (node.anyOf) return visitUnion(node.anyOf, given, place);
  if (node.type === "object") return visitObject(node, given, place);
  if (node.type === "array") return visitArray(node, given, place);
  const message = whyNotScalar(node, given);
  if (message) report(place, message, formatOf(node.format)?.hint ?? node.description);
  return given;
}

function report(place: Place, message: string, hint?: string): void {
  place.problems.push({ path: place.path, message, ...(hint ? { hint } : {}) });
  place.unsound.push(place.path);
}

function visitUnion(branches: readonly SchemaNode[], value: unknown, place: Place): unknown {
  const kinds = branches.map((branch) => String(branch.properties?.["kind"]?.const));
  const kind = isFields(value) ? value["kind"] : undefined;
  const branch = branches[kinds.indexOf(String(kind))];
  if (branch && typeof kind === "string") return visitObject(branch, value, place);
  const at = isFields(value) ? { ...place, path: join(place.path, "kind") } : place;
  report(at, kind === undefined ? "needs a kind" : `${show(kind)} is not a kind`, `One of: ${kinds.join(", ")}.`);
  return value;
}

function visitObject(node: SchemaNode, value: unknown, place: Place): unknown {
  if (!isFields(value)) {
    report(place, value === undefined ? "is missing" : `must be a mapping, not ${show(value)}`, node.description);
    return value;
  }
  const known = node.properties ?? {};
  for (const key of Object.keys(value).filter((key) => !Object.hasOwn(known, key))) {
    const meant = nearest(key, Object.keys(known));
    const hint = meant ? `Did you mean ${meant}?` : `Known: ${Object.keys(known).join(", ")}.`;
    place.problems.push({ path: join(place.path, key.slice(0, 80)), message: `unknown key ${show(key)}`, hint });
  }
  const filled = Object.entries(known).flatMap(([key, child]): [string, unknown][] => {
    const own = Object.hasOwn(value, key) ? value[key] : undefined;
    if (own === undefined && child.default === undefined && !node.required?.includes(key)) return [];
    return [[key, visit(child, own, { ...place, path: join(place.path, key) })]];
  });
  return Object.fromEntries(filled);
}

function visitArray(node: SchemaNode, value: unknown, place: Place): unknown {
  if (!Array.isArray(value)) {
    report(place, value === undefined ? "is missing" : `must be a list, not ${show(value)}`, node.description);
    return value;
  }
  if (value.length < (node.minItems ?? 0)) report(place, `needs at least ${node.minItems}`, node.description);
  if (value.length > (node.maxItems ?? Infinity)) {
    report(place, `has ${value.length} entries, at most ${node.maxItems} are allowed`, node.description);
    return value;
  }
  const items = node.items ?? {};
  return value.map((entry: unknown, index) => visit(items, entry, { ...place, path: `${place.path}[${index}]` }));
}

function whyNotScalar(node: SchemaNode, value: unknown): string | undefined {
  if (value === undefined) return "is missing";
  if (node.enum && !node.enum.includes(value)) return `${show(value)} is not one of ${node.enum.join(", ")}`;
  if (node.const !== undefined && node.const !== value) return `must be ${show(node.const)}`;
  if (node.type === "string") return whyNotText(node, value);
  if (node.type === "integer" || node.type === "number") return whyNotNumber(node, value);
  if (node.type === "boolean" && typeof value !== "boolean") return `must be true or false, not ${show(value)}`;
  return undefined;
}

function whyNotText(node: SchemaNode, value: unknown): string | undefined {
  if (typeof value !== "string") return `must be a text, not ${show(value)}`;
  if (value.length < (node.minLength ?? 0)) return "must not be empty";
  if (value.length > (node.maxLength ?? Infinity)) return `is longer than ${node.maxLength} characters`;
  const format = formatOf(node.format);
  if (format) {
    const because = format.whyNot(value);
    return because === undefined ? undefined : `${show(value)} ${because}`;
  }
  if (node.pattern && !new RegExp(node.pattern, "u").test(value)) return `${show(value)} does not fit ${node.pattern}`;
  return undefined;
}

function whyNotNumber(node: SchemaNode, value: unknown): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return `must be a number, not ${show(value)}`;
  if (node.type === "integer" && !Number.isInteger(value)) return `must be a whole number, not ${value}`;
  if (value < (node.minimum ?? -Infinity)) return `${value} is below ${node.minimum}`;
  if (value > (node.maximum ?? Infinity)) return `${value} is above ${node.maximum}`;
  return undefined;
}

const join = (path: string, key: string): string => (path ? `${path}.${key}` : key);

/** A value as it stands in a sentence: short, and never a whole subtree. */
function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isFields(value)) return "a mapping";
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
