import { checkConfig } from "@sluice/contract";
import type { Config, ServiceConfig } from "@sluice/core";
import type { Lease, Store } from "@sluice/ports";

/** Where a world lives: a /24 of loopback that no other test uses at the moment, `127.77.12`. */
export type Net = string;

export type WorldShape = {
  /** Sites whose model server is up and has no model yet. */
  readonly loading?: readonly string[];
  /** Serving sites, in order of preference. */
  readonly sites: readonly string[];
  readonly service?: Partial<Pick<ServiceConfig, "policy" | "allBad" | "failback" | "pools">>;
  readonly guards?: Partial<Config["guards"]>;
  readonly probes?: Partial<Config["probes"]>;
  /** Each site has a front door apart from its pools: a gateway that agents probe as the edge. */
  readonly gateways?: boolean;
  /** Serving sites that have an arbiter beside the witness's. Only the witness's is started. */
  readonly arbiters?: readonly string[];
  /** Makes the keys, and tells where a process's lie. Default: all in the lab's one directory, which is the root's too. */
  readonly prepareKeys?: (config: Config, directory: string) => Promise<(name: string) => string>;
  /** Opened at each start of the arbiter. Default: one in memory. */
  readonly database?: { open(): { readonly store: Store; readonly lease: Lease } };
};

const witness = "site-w";
export const ports = { arbiter: 7400, agent: 7401, nameserver: 7402, dns: 5300, model: 9001, gateway: 8080 } as const;

/** The address of a site in this world: the first site has .1, the witness comes last. */
export const addressOf = (net: Net, shape: WorldShape, site: string): string =>
  `${net}.${[...shape.sites, witness].indexOf(site) + 1}`;

/**
 * The world's configuration, checked as any other. Intervals are a third of the default: a scenario is about what happens
 * and in which order, and the drill and the bench are about how long it takes.
 */
export function worldConfig(net: Net, shape: WorldShape): Config {
  const places = [...shape.sites, witness];
  const at = (site: string): string => addressOf(net, shape, site);
  const letter = (site: string): string => site.replace("site-", "");
  const checked = checkConfig({
    installation: "scenario",
    zone: { name: "llm.example", contact: "hostmaster.llm.example" },
    sites: places.map((name) => ({
      name,
      addresses: [at(name)],
      ...(name === witness ? { role: "witness" } : {}),
      ...(shape.gateways && name !== witness
        ? { edge: { endpoints: [`${at(name)}:${ports.gateway}`], probe: { kind: "http", path: "/" } } }
        : {}),
    })),
    electorate: places,
    arbiters: [witness, ...(shape.arbiters ?? [])].map((site) => ({
      name: `arbiter-${letter(site)}`,
      site,
      url: `http://${at(site)}:${ports.arbiter}`,
    })),
    agents: places.map((site) => ({
      name: `agent-${letter(site)}`,
      site,
      url: `http://${at(site)}:${ports.agent}`,
    })),
    nameservers: places.map((site) => ({
      name: `ns-${letter(site)}.llm.example`,
      site,
      address: at(site),
      port: ports.dns,
      url: `http://${at(site)}:${ports.nameserver}`,
    })),
    services: [
      {
        name: "chat",
        host: "chat.llm.example",
        ttlSeconds: 5,
        rtoSeconds: 30,
        policy: { kind: "failover", sites: shape.sites },
        pools: shape.sites.map((site) => ({
          channel: "stable",
          site,
          endpoints: [`${at(site)}:${ports.model}`],
          probe: { kind: "model", model: "llama-3-8b" },
        })),
        ...shape.service,
      },
    ],
    probes: { intervalMs: 300, deadlineMs: 300, allow: ["127.0.0.0/8"], ...shape.probes },
    guards: { ...shape.guards },
    store: { site: witness },
  });
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.problems, undefined, 2));
  return checked.config;
}
