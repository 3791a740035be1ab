import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isOddAddress, whyForbiddenAddress } from "@sluice/contract";
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
  if (isOddAddress(host)) return { kind: "refused", because: "odd form of an address" };
  const address = isIP(host) === 0 ? await (rules.resolve ?? resolveBySystem)(host, rules.family ?? 0) : host;
  const because = whyForbidden(address, port, rules);
  return because === undefined ? { kind: "ok", pinned: { host, address, port } } : { kind: "refused", because };
}

/** Why probes may not reach this address, or undefined when they may. The rule about addresses is the configuration's, too. */
function whyForbidden(address: string, port: number, rules: GuardRules): string | undefined {
  if (rules.own?.port === port && rules.own.addresses.some((own) => isSame(own, address)))
    return "the agent's own door";
  return judged(address, rules.allow);
}

const judgedMax = 10_000;
const judgements = new WeakMap<readonly string[], Map<string, string | undefined>>();

/** The rule's word on an address stays as long as the rules do, and taking addresses apart costs more than the rest of a guard. */
function judged(address: string, allow: readonly string[]): string | undefined {
  let known = judgements.get(allow);
  if (!known || known.size >= judgedMax) judgements.set(allow, (known = new Map()));
  if (!known.has(address)) known.set(address, whyForbiddenAddress(address, allow));
  return known.get(address);
}

const isSame = (own: string, address: string): boolean =>
  isIP(own) !== 0 && isIP(address) !== 0 && ipaddr.parse(own).toString() === ipaddr.parse(address).toString();

const endpointForm = /^(?:https?:\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):([0-9]{1,5})\/?$/i;

function splitEndpoint(endpoint: string): { host: string; port: number } | undefined {
  const match = endpointForm.exec(endpoint);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

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
