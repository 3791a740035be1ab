import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Where a look connects to: resolved once and pinned, so that a name cannot answer differently a second time. */
export type Pinned = { readonly host: string; readonly address: string; readonly port: number };

export type GuardResult =
  | { readonly kind: "ok"; readonly pinned: Pinned }
  | { readonly kind: "refused"; readonly because: string };

export type GuardRules = {
  /** CIDRs of loopback that probes may reach: `127.0.0.0/8`. */
  readonly allow: readonly string[];
  /** The agent's own door, at each address it listens on: no probe may knock there. */
  readonly own?: { readonly addresses: readonly string[]; readonly port: number };
  /** 4 or 6 when the agent can leave by one family only; names are then resolved in that one. */
  readonly family?: number;
  /** How names become addresses. Default: the system's resolver. */
  readonly resolve?: (host: string, family: number) => Promise<string>;
};

/** Resolves `endpoint` (`host:port`, or with `http://` or `https://` before it) and refuses what probes must not reach. */
export async function guardTarget(endpoint: string, rules: GuardRules): Promise<GuardResult> {
  const parts = splitEndpoint(endpoint);
  if (!parts) return { kind: "refused", because: "not host:port" };
  const { host, port } = parts;
  // `0x7f.1`, `2130706433` and `0177.0.0.1` are addresses to some resolvers and names to others: nobody means them well.
  if (isIP(host) === 0 && endsInNumber(host)) return { kind: "refused", because: "odd form of an address" };
  const address = isIP(host) === 0 ? await (rules.resolve ?? resolveBySystem)(host, rules.family ?? 0) : host;
  const because = whyForbidden(address, port, rules);
  return because === undefined ? { kind: "ok", pinned: { host, address, port } } : { kind: "refused", because };
}

/** Why probes may not reach this address, or undefined when they may. */
export function whyForbidden(address: string, port: number, rules: GuardRules): string | undefined {
  if (isIP(address) === 0 || address.includes("%")) return "not an address";
  const ip = ipaddr.parse(address);
  const range = ip.range();
  if (rules.own?.port === port && rules.own.addresses.some((own) => isSame(own, ip))) return "the agent's own door";
  if (metadata.has(ip.toString())) return "a metadata address";
  if (neverReached.has(range)) return `a ${range} address`;
  if (range === "loopback") {
    return rules.allow.some((cidr) => covers(cidr, ip)) ? undefined : "loopback, and probes.allow does not cover it";
  }
  return disguises.some((cidr) => covers(cidr, ip)) ? "an IPv4 address in disguise" : undefined;
}

/** Where clouds tell a machine its secrets: AWS and most others, AWS over IPv6, Alibaba, Azure, Oracle. */
const metadata = new Set(["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"]);

const neverReached = new Set<string>([
  "linkLocal",
  "unspecified",
  "multicast",
  "broadcast",
  "ipv4Mapped",
  "rfc6145",
  "rfc6052",
  "6to4",
  "teredo",
]);

/** Forms that hide an IPv4 address from the rules: the old "IPv4-compatible" one, and NAT64 by a local prefix (RFC 8215). */
const disguises = ["::/96", "64:ff9b:1::/48"];

const isSame = (own: string, ip: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  isIP(own) !== 0 && ipaddr.parse(own).toString() === ip.toString();

function covers(cidr: string, ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (!ipaddr.isValidCIDR(cidr)) return false;
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return base.kind() === ip.kind() && ip.match(base, bits);
}

const endpointForm = /^(?:https?:\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):([0-9]{1,5})\/?$/i;

function splitEndpoint(endpoint: string): { host: string; port: number } | undefined {
  const match = endpointForm.exec(endpoint);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

const endsInNumber = (host: string): boolean => /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(host);

const lookups = new Map<string, Promise<string>>();

/** One question at a time for each name: they can't be cancelled, and a dead resolver would fill Node's few threads with them. */
function resolveBySystem(host: string, family: number): Promise<string> {
  const key = `${family} ${host}`;
  const standing = lookups.get(key);
  if (standing) return standing;
  const asked = lookup(host, { family }).then(({ address }) => address);
  lookups.set(key, asked);
  const forget = (): void => void lookups.delete(key);
  asked.then(forget, forget);
  return asked;
}
