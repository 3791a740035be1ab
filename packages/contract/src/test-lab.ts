import { readFile } from "node:fs/promises";
import { parse } from "yaml";

/** The lab's configuration, for tests to spoil. */
export const labText = await readFile(new URL("../examples/lab.yaml", import.meta.url), "utf8");

type Fields = Record<string, unknown>;

/** The lab's configuration with some values put at some paths, `services[0].host`; `undefined` takes one away. */
export function labWith(changes: Readonly<Record<string, unknown>>): unknown {
  const config = parse(labText) as Fields;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
    const last = keys.pop() ?? "";
    const holder = keys.reduce<Fields>((node, key) => node[key] as Fields, config);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return config;
}
