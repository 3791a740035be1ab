import type { Config, KeyRole, SiteName } from "@sluice/core";

/** A process that an installation's keys are handed out to. */
export type Member = {
  readonly name: string;
  readonly role: KeyRole | "nameserver" | "gateway";
  readonly site: SiteName;
};

export type Signing = Member & { readonly role: KeyRole };

/** Every process that a configuration names, or those of one site. */
export function membersOf(config: Config, site?: SiteName): readonly Member[] {
  const lists = [
    ["arbiter", config.arbiters],
    ["agent", config.agents],
    ["nameserver", config.nameservers],
    ["gateway", config.gateways],
  ] as const;
  const all = lists.flatMap(([role, list]) =>
    list.map((entry): Member => ({ role, name: entry.name, site: entry.site })),
  );
  return site === undefined ? all : all.filter((member) => member.site === site);
}

/** Agents sign votes and arbiters snapshots; nobody else signs anything. */
export const isSigning = (member: Member): member is Signing => member.role === "agent" || member.role === "arbiter";

const node = ["root.pub", "keyset.json", "node.token"] as const;

/**
 * What of the installation's own each needs, beside its own key. Agents and nameservers never see the operator's token: whoever
 * takes one of them over can't give orders.
 */
export const needs = {
  agent: node,
  nameserver: node,
  gateway: [...node, "operator.token", "mesh-ca.crt"],
  arbiter: [...node, "operator.token"],
} as const satisfies Record<Member["role"], readonly string[]>;
