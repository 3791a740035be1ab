import type { SchemaNode } from "./shape.ts";

type Row = { readonly path: string; readonly fallback: string; readonly about: string };

/** The rows of docs/configuration.md's tables: every setting of a part of the schema, with its default and description. */
export function settingRows(node: SchemaNode, path: string): readonly string[] {
  return rows(node, path).map(({ path: at, fallback, about }) => `| \`${at}\` | ${fallback} | ${about} |`);
}

function rows(node: SchemaNode, path: string): readonly Row[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]): readonly Row[] => {
    // A kind is told by the row of what it is the kind of.
    if (child.const !== undefined) return [];
    const at = path === "" ? key : `${path}.${key}`;
    const isRequired = node.required?.includes(key) ?? false;
    return [rowOf(child, at, isRequired), ...within(child, at)];
  });
  return own;
}

function within(node: SchemaNode, path: string): readonly Row[] {
  // The two probes are the same; the page explains them once.
  if (path === "sites[].edge.probe") return [];
  return [...rows(node, path), ...ofKinds(node, path), ...(node.items ? within(node.items, `${path}[]`) : [])];
}

/** The settings of a union's branches, each once, with the kinds it is for. */
function ofKinds(node: SchemaNode, path: string): readonly Row[] {
  const found = new Map<string, { readonly row: Row; readonly kinds: string[] }>();
  for (const branch of node.anyOf ?? []) {
    for (const row of rows(branch, path)) {
      const key = JSON.stringify(row);
      const entry = found.get(key) ?? { row, kinds: [] };
      entry.kinds.push(`\`${kindOf(branch)}\``);
      found.set(key, entry);
    }
  }
  return [...found.values()].map(({ row, kinds }) => ({ ...row, about: `For ${kinds.join(", ")}. ${row.about}` }));
}

function rowOf(node: SchemaNode, path: string, isRequired: boolean): Row {
  const kinds = node.anyOf?.map((branch) => `\`${kindOf(branch)}\` (${(branch.description ?? "").replace(/\.$/, "")})`);
  const choices = kinds ?? node.enum?.map((value) => `\`${String(value)}\``);
  const listed = choices ? ` One of ${choices.join(", ")}.` : "";
  const fallback = isRequired
    ? "required"
    : node.default === undefined
      ? "none"
      : `\`${JSON.stringify(node.default)}\``;
  return { path, fallback, about: `${node.description ?? ""}${listed}` };
}

const kindOf = (branch: SchemaNode): string => String(branch.properties?.["kind"]?.const);
