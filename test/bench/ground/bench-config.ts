import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const labConfig = join(import.meta.dirname, "../../../packages/contract/examples/lab.yaml");

/** Where a bench differs from the lab's configuration, addresses apart. */
export type ConfigEdits = {
  readonly probes?: { readonly intervalMs: number; readonly deadlineMs: number };
  /** The arbiter that leads when it can; the others keep their order. */
  readonly preferredArbiter?: string;
};

type LabYaml = { probes: object; arbiters: readonly { readonly name: string }[] };

/**
 * Writes the lab's own configuration with other addresses: site-a at `net`.1, site-b at .2, the witness at .3. Everything that
 * `edits` doesn't name stays as in the lab, so what is measured is what `pnpm start` starts.
 */
export async function writeBenchConfig(file: string, net: string, edits: ConfigEdits = {}): Promise<void> {
  const text = (await readFile(labConfig, "utf8")).replaceAll(/127\.0\.([123])\.1\b/g, `${net}.$1`);
  const lab = parse(text) as LabYaml;
  const isLater = ({ name }: { readonly name: string }): number => (name === edits.preferredArbiter ? 0 : 1);
  const arbiters = lab.arbiters.toSorted((one, other) => isLater(one) - isLater(other));
  await writeFile(file, stringify({ ...lab, arbiters, probes: { ...lab.probes, ...edits.probes } }));
}
