import type { AgentConfig, Config, ServiceConfig, SiteConfig } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { draw } from "./draw.ts";

/** An installation: two or three serving sites and a witness, an arbiter, an agent and a nameserver in each of three places. */
export function drawConfig(chance: Prng): Config {
  const serving = draw.isTrue(chance, 0.3) ? ["site-a", "site-b", "site-c"] : ["site-a", "site-b"];
  const hasGateways = draw.isTrue(chance, 0.4);
  // No checked configuration has a site without an address; the floors must hold all the same.
  const hasMute = serving.length > 2 && draw.isTrue(chance, 0.3);
  const places = ["site-w", "site-a", "site-b"];
  const bySite = <T>(kind: string, make: (site: string, url: string) => T): T[] =>
    places.map((site) => make(site, `http://${kind}.${site}:7400`));
  return {
    installation: "sim",
    zone: { name: "sim.example", ttlSeconds: 60, negativeTtlSeconds: 5, contact: "ops.sim.example", records: [] },
    sites: [
      ...serving.map((name, index) => servingSite(name, index, hasMute && index === 2)),
      { name: "site-w", role: "witness", addresses: ["192.0.2.99"] },
    ],
    electorate: ["site-a", "site-b", "site-w"],
    arbiters: bySite("arbiter", (site, url) => ({ name: `arbiter-${site}`, site, url })),
    agents: drawAgents(chance, bySite),
    nameservers: bySite("ns", (site, url) => ({ name: `ns-${site}`, site, address: "192.0.2.53", port: 53, url })),
    gateways: hasGateways
      ? serving.slice(0, 2).map((site) => ({
          name: `gateway-${site}`,
          site,
          url: `http://gateway.${site}:7403`,
          address: "192.0.2.80",
          port: 80,
          hop: { port: 8444 },
        }))
      : [],
    services: drawServices(chance, serving, { hasGateways, hasMute }),
    probes: {
      intervalMs: 1_000,
      deadlineMs: 1_000,
      fall: 4,
      rise: 5,
      degradedFailures: 6,
      degradedLooks: 10,
      anchors: [],
      allow: [],
    },
    guards: {
      cooldownMs: draw.one(chance, [60_000, 60_000, 20_000]),
      movesPerHourMax: draw.one(chance, [2, 2, 4]),
      readmitAfterMs: draw.one(chance, [600_000, 30_000, 8_000]),
      holdMaxMs: draw.one(chance, [14_400_000, 60_000]),
      movedShareMax: draw.one(chance, [0.25, 1]),
      rampStepMs: draw.one(chance, [120_000, 5_000, 0]),
    },
    store: { site: "site-w" },
  };
}

const servingSite = (name: string, index: number, isMute: boolean): SiteConfig => ({
  name,
  role: "serving",
  addresses: isMute ? [] : [`192.0.2.${index + 1}`],
  edge: { endpoints: [`192.0.2.${index + 1}:443`], probe: { kind: "tcp" } },
});

type BySite = <T>(kind: string, make: (site: string, url: string) => T) => T[];

/** Sometimes a site has two agents, which are one vote. */
function drawAgents(chance: Prng, bySite: BySite): readonly AgentConfig[] {
  const agents = bySite("agent", (site, url) => ({ name: `agent-${site}`, site, url }));
  if (!draw.isTrue(chance, 0.3)) return agents;
  const site = draw.one(chance, ["site-a", "site-b", "site-w"]);
  return [...agents, { name: `agent-${site}-2`, site, url: `http://agent2.${site}:7400` }];
}

type Shape = { readonly hasGateways: boolean; readonly hasMute: boolean };

/** Without gateways nothing could split users over channels. A site without an address is nobody's home. */
function drawServices(chance: Prng, serving: readonly string[], shape: Shape): readonly ServiceConfig[] {
  const channels = shape.hasGateways ? ["stable", "canary"] : ["stable"];
  const names = ["chat", "embed", "rank", "speech"].slice(0, draw.one(chance, [1, 1, 2, 2, 3, 4]));
  return names.map((name) => {
    const isReversed = draw.isTrue(chance, 0.3) && !shape.hasMute;
    return drawService(chance, { name, serving: isReversed ? serving.toReversed() : serving, channels });
  });
}

type Drawing = { readonly name: string; readonly serving: readonly string[]; readonly channels: readonly string[] };

function drawService(chance: Prng, { name, serving: sites, channels }: Drawing): ServiceConfig {
  const isWeighted = draw.isTrue(chance, 0.25);
  const allBad = draw.one<ServiceConfig["allBad"]>(chance, [
    { kind: "lastKnownGood" },
    { kind: "lastKnownGood" },
    { kind: "failOpen" },
    { kind: "sorry", addresses: ["192.0.2.200"] },
  ]);
  return {
    name,
    host: `${name}.sim.example`,
    ttlSeconds: 5,
    rtoSeconds: 60,
    policy: isWeighted
      ? { kind: "weighted", sites: sites.map((site, index) => ({ site, share: index === 0 ? 0.6 : 0.4 })) }
      : { kind: "failover", sites },
    failback: draw.isTrue(chance, 0.35)
      ? { kind: "auto-after", afterMs: draw.one(chance, [6_000, 20_000]) }
      : { kind: "manual" },
    allBad,
    channels: channels.map((channel, index) => ({ name: channel, weight: index === 0 ? 90 : 10 })),
    pools: sites.flatMap((site) =>
      channels.map((channel) => ({
        channel,
        site,
        endpoints: ["192.0.2.10:8000"],
        endpointsUpMin: 1,
        protocol: "http1" as const,
        probe: { kind: "tcp" as const },
      })),
    ),
    affinityHeaders: ["x-user-id"],
    drainGraceMs: 75_000,
  };
}
