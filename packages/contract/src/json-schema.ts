import { ConfigSchema } from "./config-schema.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * JSON Schema of the configuration file, for editors: with defaults, units and descriptions. Unlike the schema that the
 * code is typed by, which describes the file after defaults were filled in, it requires no setting that has a default.
 */
export const configJsonSchema: Json = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...(asWritten(JSON.parse(JSON.stringify(ConfigSchema))) as Json),
};

function asWritten(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asWritten);
  if (typeof node !== "object" || node === null) return node;
  const { required, ...rest } = node as Json;
  const mapped = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, asWritten(value)]));
  if (!Array.isArray(required)) return mapped;
  const properties = mapped["properties"] as Readonly<Record<string, Json>>;
  const needed = required.filter((key) => !Object.hasOwn(properties[key] ?? {}, "default"));
  return needed.length > 0 ? { ...mapped, required: needed } : mapped;
}
