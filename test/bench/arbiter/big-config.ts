import { checkConfig } from "@sluice/contract";
import type { Config } from "@sluice/core";

const serving = ["site-a", "site-b", "site-c"] as const;
const witnesses = ["site-v", "site-w"] as const;

/**
 * Many services on three sites, all of them at home in site-a, under the eyes of five agents, each a failure domain of its own.
 * `net` is a /24 of loopback: the sites are its first five addresses.
 */
export function bigConfig(services: number, net: string): Config {
  const sites = [...serving, ...witnesses];
  const addressOf = (site: string): string => `${net}.${sites.findIndex((each) => each === site) + 1}`;
  const parsed = checkConfig({
    installation: "big",
    zone: { name: "big.example", contact: "hostmaster.big.example" },
    sites: [
      ...serving.map((name) => {
        const edge = { endpoints: [`${addressOf(name)}:9001`], probe: { kind: "tcp" } };
        return { name, addresses: [addressOf(name)], edge };
      }),
      ...witnesses.map((name) => ({ name, role: "witness", addresses: [addressOf(name)] })),
    ],
    electorate: sites,
    arbiters: [{ name: "arbiter-w", site: "site-w", url: `http://${addressOf("site-w")}:7400` }],
    agents: sites.map((site) => ({ name: `agent-${site.at(-1)}`, site, url: `http://${addressOf(site)}:7401` })),
    nameservers: serving.map((site) => {
      const address = addressOf(site);
      return { name: `ns-${site.at(-1)}.big.example`, site, address, port: 5300, url: `http://${address}:7402` };
    }),
    services: Array.from({ length: services }, (_, at) => serviceOf(`s${String(at).padStart(5, "0")}`, addressOf)),
    probes: { allow: ["127.0.0.0/8"] },
    store: { site: "site-w" },
  });
  if (parsed.kind === "ok") return parsed.config;
  const [problem] = parsed.problems;
  throw new Error(`the bench's configuration is invalid: ${problem?.path} ${problem?.message}`);
}

const serviceOf = (name: string, addressOf: (site: string) => string): object => ({
  name,
  host: `${name}.big.example`,
  ttlSeconds: 5,
  rtoSeconds: 30,
  policy: { kind: "failover", sites: serving },
  channels: [{ name: "stable", weight: 100 }],
  pools: serving.map((site) => {
    const endpoints = [`${addressOf(site)}:9001`];
    return { channel: "stable", site, endpoints, probe: { kind: "tcp" } };
  }),
});
