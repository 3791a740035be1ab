import { checkConfig } from "@sluice/contract";
import type { Config } from "@sluice/core";
import { addressOf, ports } from "../draw-net.ts";
import type { PlaneShape } from "../plane.ts";

const witness = "site-w";

/** The gateway of a site, by name: `gateway-a`. */
export const gatewayOf = (site: string): string => site.replace("site-", "gateway-");

/** The control plane stands apart from both sites. */
export const controlAddress = ({ net }: Pick<PlaneShape, "net">): string => `${net}.9`;

/** What an installation with these sites would be configured as, checked like any other. */
export function sluiceConfig(shape: PlaneShape): { readonly config: Config; readonly document: object } {
  const places = [...shape.sites, witness];
  const at = (site: string): string =>
    site === witness ? controlAddress(shape) : addressOf(shape.net, shape.sites, site);
  const document = {
    installation: "conformance",
    zone: { name: "llm.example", contact: "hostmaster.llm.example" },
    sites: places.map((name) => ({
      name,
      addresses: [at(name)],
      ...(name === witness ? { role: "witness" } : {}),
    })),
    electorate: places,
    arbiters: [{ name: "arbiter-w", site: witness, url: `http://${controlAddress(shape)}:${ports.control}` }],
    agents: places.map((site) => ({ name: `agent-${site}`, site, url: `http://${at(site)}:7401` })),
    gateways: shape.sites.map((site) => ({
      name: gatewayOf(site),
      site,
      url: `http://${at(site)}:${ports.admin}`,
      address: at(site),
      port: ports.http,
      tls: { port: ports.tls },
      hop: { port: ports.hop },
    })),
    services: [serviceDocument(shape)],
    probes: { allow: ["127.0.0.0/8"] },
    store: { site: witness },
  };
  const checked = checkConfig(document);
  if (checked.kind === "invalid") throw new Error(JSON.stringify(checked.problems, undefined, 2));
  return { config: checked.config, document };
}

function serviceDocument(shape: PlaneShape): object {
  return {
    name: shape.service,
    host: shape.host,
    ttlSeconds: 5,
    rtoSeconds: 30,
    policy: { kind: "failover", sites: shape.sites },
    channels: Object.entries(shape.weights).map(([name, weight]) => ({ name, weight })),
    pools: [...shape.pools].map(([pool, endpoints]) => {
      const [channel, site] = pool.split("@");
      return { channel, site, endpoints, protocol: shape.protocol, probe: { kind: "tcp" } };
    }),
    affinityHeaders: shape.affinityHeaders,
    ...(shape.variant ? { variant: shape.variant } : {}),
    drainGraceMs: shape.drainGraceMs,
  };
}
