import { join, resolve } from "node:path";
import type { Config, GatewayConfig } from "@sluice/core";
import { modelServer, type ProgramName, programAt } from "./programs.ts";

/** Where a lab keeps its state. Everything it writes is below `root`. */
export type Layout = {
  readonly root: string;
  readonly record: string;
  /** Held while a lab is started, runs or is cleaned up. */
  readonly lock: string;
  readonly config: string;
  readonly keys: string;
  /** The model servers' admin token. */
  readonly adminToken: string;
  readonly postgres: string;
  readonly logs: string;
  readonly cache: string;
  /** What the processes run, bundled at each start. */
  readonly programs: string;
};

export const defaultRoot = ".sluice/lab";

export function layoutOf(root: string): Layout {
  const at = resolve(root);
  return {
    root: at,
    record: join(at, "lab.json"),
    lock: join(at, "lab.lock"),
    config: join(at, "sluice.yaml"),
    keys: join(at, "keys"),
    adminToken: join(at, "keys", "admin.token"),
    postgres: join(at, "postgres"),
    logs: join(at, "logs"),
    cache: join(at, "cache"),
    programs: join(at, "programs"),
  };
}

/** A command as a person types it for this lab: `pnpm sluice --dir /elsewhere status`. */
export const commandFor = (layout: Layout, words: string): string =>
  layout.root === resolve(defaultRoot) ? `pnpm sluice ${words}` : `pnpm sluice --dir ${layout.root} ${words}`;

export type PartRole = "agent" | "nameserver" | "gateway" | "arbiter" | "model-server";

/** One process of the lab. */
export type Part = {
  readonly name: string;
  readonly role: PartRole;
  readonly site: string;
  /** Addresses it binds, for the check before anything starts. */
  readonly binds: readonly { readonly host: string; readonly port: number; readonly protocol: "tcp" | "udp" }[];
  readonly args: readonly string[];
};

/** Every process of a configuration: the preferred arbiter first, so that it leads. */
export function partsOf(config: Config, layout: Layout): readonly Part[] {
  const own = (service: ProgramName, name: string): string[] => {
    const flags = [
      "--name",
      name,
      "--config",
      layout.config,
      "--keys",
      layout.keys,
      "--state",
      join(layout.root, name),
    ];
    return [programAt(layout.programs, service), ...flags];
  };
  const arbiters = config.arbiters.map(
    ({ name, site, url }): Part => ({ name, role: "arbiter", site, binds: [bindOf(url)], args: own("arbiter", name) }),
  );
  const nameservers = config.nameservers.map(
    ({ name, site, url, address, port }): Part => ({
      name,
      role: "nameserver",
      site,
      args: own("nameserver", name),
      binds: [bindOf(url), { host: address, port, protocol: "tcp" }, { host: address, port, protocol: "udp" }],
    }),
  );
  const agents = config.agents.map(
    ({ name, site, url }): Part => ({ name, role: "agent", site, binds: [bindOf(url)], args: own("agent", name) }),
  );
  const gateways = config.gateways.map(
    (gateway): Part => ({
      name: gateway.name,
      role: "gateway",
      site: gateway.site,
      args: [...gatewayFlags, ...own("gateway", gateway.name)],
      binds: gatewayBinds(gateway),
    }),
  );
  return [...arbiters, ...nameservers, ...gateways, ...modelServers(config, layout.adminToken), ...agents];
}

/** Of its own, after those of every part: a nursery of 1 MB is swept four times as often under load, and one of 16 costs 15 MB at rest. */
const gatewayFlags = ["--max-semi-space-size=4"];

function gatewayBinds({ url, address, port, tls, hop }: GatewayConfig): Part["binds"] {
  const ports = [port, ...(tls ? [tls.port] : []), hop.port];
  return [bindOf(url), ...ports.map((each) => ({ host: address, port: each, protocol: "tcp" as const }))];
}

function modelServers(config: Config, adminToken: string): readonly Part[] {
  const seen = new Map<string, Part>();
  for (const pool of config.services.flatMap((service) => service.pools)) {
    for (const [index, endpoint] of pool.endpoints.entries()) {
      if (seen.has(endpoint)) continue;
      const { host, port } = splitEndpoint(endpoint);
      const which = ["--site", pool.site, "--channel", pool.channel, "--index", String(index + 1)];
      const where = [
        "--host",
        host,
        "--port",
        String(port),
        "--admin-port",
        String(port + 100),
        "--admin-token-file",
        adminToken,
      ];
      seen.set(endpoint, {
        name: `${pool.site}-${pool.channel}-${index + 1}`,
        role: "model-server",
        site: pool.site,
        binds: [port, port + 100].map((each) => ({ host, port: each, protocol: "tcp" as const })),
        args: [modelServer, ...which, ...where],
      });
    }
  }
  return [...seen.values()];
}

/** `127.0.1.1:9001` in its parts; IPv6 hosts stand in brackets. */
export function splitEndpoint(endpoint: string): { readonly host: string; readonly port: number } {
  const at = endpoint.lastIndexOf(":");
  return { host: endpoint.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(endpoint.slice(at + 1)) };
}

function bindOf(url: string): Part["binds"][number] {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port), protocol: "tcp" };
}
