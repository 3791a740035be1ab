import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { exampleConfig } from "../../lab/up/prepare.ts";

type Pool = { readonly channel: string; readonly endpoints: readonly string[] };
type Service = {
  readonly name: string;
  readonly pools: readonly Pool[];
  readonly channels: readonly { name: string }[];
};
type LabYaml = { readonly services: readonly Service[]; readonly probes: object; readonly guards?: object };

export type Edits = {
  /** The channels kept, of those of the lab. */
  readonly channels: readonly string[];
  readonly guards?: object;
  /** Where its one service must be within, after a site is lost. Unit: seconds. */
  readonly rtoSeconds?: number;
};

/**
 * The lab's configuration at other addresses, with its first service alone and one endpoint for each pool: a third of the
 * processes, so that what is measured isn't how they crowd one another out.
 */
export async function writeSmallConfig(file: string, net: string, edits: Edits): Promise<void> {
  const text = (await readFile(exampleConfig, "utf8")).replaceAll(/127\.0\.([123])\.1\b/g, `${net}.$1`);
  const lab = parse(text) as LabYaml;
  const services = lab.services
    .slice(0, 1)
    .map(({ variant: _variant, ...service }: Service & { variant?: unknown }) => ({
      ...service,
      ...(edits.rtoSeconds === undefined ? {} : { rtoSeconds: edits.rtoSeconds }),
      channels: service.channels.filter(({ name }) => edits.channels.includes(name)),
      pools: service.pools
        .filter(({ channel }) => edits.channels.includes(channel))
        .map((pool) => ({ ...pool, endpoints: pool.endpoints.slice(0, 1) })),
    }));
  await writeFile(file, stringify({ ...lab, services, guards: { ...lab.guards, ...edits.guards } }));
}
