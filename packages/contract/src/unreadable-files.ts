import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config, ProbeConfig, Problem } from "@sluice/core";

/**
 * A problem for each file that the configuration names and that can't be used on this machine. A probe without its authority
 * fails every look, and so would call a healthy site down: that has to be found before the first look.
 */
export async function unreadableFiles(config: Config): Promise<readonly Problem[]> {
  const edges = config.sites.flatMap((site, index) =>
    site.edge ? caFile(`sites[${index}].edge.probe`, site.edge.probe) : [],
  );
  const pools = config.services.flatMap((service, index) =>
    service.pools.flatMap((pool, at) => caFile(`services[${index}].pools[${at}].probe`, pool.probe)),
  );
  const checked = await Promise.all(
    [...edges, ...pools].map(async ({ path, file }): Promise<readonly Problem[]> => {
      const because = await whyNotAuthority(file);
      const hint = "Name a PEM file with the authority's certificate, readable by the agent.";
      return because === undefined ? [] : [{ path, message: `${file}: ${because}`, hint }];
    }),
  );
  return checked.flat();
}

const caFile = (path: string, probe: ProbeConfig): readonly { readonly path: string; readonly file: string }[] =>
  probe.kind !== "tcp" && probe.tls?.caFile !== undefined
    ? [{ path: `${path}.tls.caFile`, file: probe.tls.caFile }]
    : [];

async function whyNotAuthority(file: string): Promise<string | undefined> {
  try {
    new X509Certificate(await readFile(file));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code?.startsWith("ERR_OSSL") ? "holds no certificate" : `cannot be read (${code ?? String(error)})`;
  }
}
