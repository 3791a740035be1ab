import { isIPv4 } from "node:net";
import { type AnswerChoice, formatFence, SluiceError, type Snapshot } from "@sluice/core";

/** A record as dns2 encodes it, without its owner: the owner is the name that was asked for, in the asker's case. */
export type Rdata = { readonly type: number; readonly ttl: number; readonly [field: string]: unknown };

export type ZoneNode = {
  readonly sets: ReadonlyMap<number, readonly Rdata[]>;
  /** Set on a service's host: one of these is chosen per query. */
  readonly choices?: readonly AnswerChoice[];
  /** Unit: seconds. Of `choices`. */
  readonly ttlSeconds: number;
};

/** A snapshot made ready for lookups. Empty non-terminals are nodes without records. */
export type CompiledZone = {
  readonly name: string;
  readonly soa: Rdata;
  readonly nodes: ReadonlyMap<string, ZoneNode>;
};

export const typeCodes = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28 } as const;

type Draft = { sets: Map<number, Rdata[]>; choices?: readonly AnswerChoice[]; ttlSeconds: number };

export function compileZone(snapshot: Snapshot): CompiledZone {
  const { zone } = snapshot;
  const apex = trim(zone.name);
  const nodes = new Map<string, Draft>();
  const add = (name: string, record: Rdata): void => {
    const { sets } = nodeAt(nodes, name, apex);
    sets.set(record.type, [...(sets.get(record.type) ?? []), record]);
  };
  const soa = soaOf(snapshot, apex);
  add(apex, soa);
  for (const server of zone.nameservers) {
    const ns = absolute(server.name, apex);
    add(apex, { type: typeCodes.NS, ttl: zone.ttlSeconds, ns });
    for (const address of server.addresses) add(ns, addressRecord(address, zone.ttlSeconds));
  }
  for (const record of zone.records) {
    const name = absolute(record.name, apex);
    for (const data of record.data) add(name, rdata(record.type, data, { ttl: record.ttlSeconds, apex }));
  }
  add(`_sluice-fence.${apex}`, { type: typeCodes.TXT, ttl: 0, data: [formatFence(snapshot.fence)] });
  for (const service of snapshot.services) {
    const node = nodeAt(nodes, absolute(service.host, apex), apex);
    node.choices = service.choices.filter((choice) => choice.share > 0);
    node.ttlSeconds = service.ttlSeconds;
  }
  return { name: apex, soa, nodes };
}

/** The address record of `address`, IPv4 or IPv6. `ttl` in seconds. */
export const addressRecord = (address: string, ttl: number): Rdata => ({
  type: isIPv4(address) ? typeCodes.A : typeCodes.AAAA,
  ttl,
  address,
});

/** Finds or makes a node and all its ancestors up to the apex, which is how empty non-terminals come to exist. */
function nodeAt(nodes: Map<string, Draft>, name: string, apex: string): Draft {
  const found = nodes.get(name);
  if (found) return found;
  if (name !== apex && !name.endsWith(`.${apex}`)) {
    throw new SluiceError("CONFIG_INVALID", `${name} is not in the zone ${apex}`, { hint: "Use a name of the zone." });
  }
  const node: Draft = { sets: new Map(), ttlSeconds: 0 };
  nodes.set(name, node);
  if (name !== apex) nodeAt(nodes, name.slice(name.indexOf(".") + 1), apex);
  return node;
}

function soaOf(snapshot: Snapshot, apex: string): Rdata {
  const { zone } = snapshot;
  return {
    type: typeCodes.SOA,
    ttl: zone.ttlSeconds,
    primary: absolute(zone.nameservers[0]?.name ?? "ns", apex),
    admin: trim(zone.contact.replace("@", ".")),
    serial: zone.serial >>> 0,
    refresh: 3600,
    retry: 600,
    expiration: 604_800,
    minimum: zone.negativeTtlSeconds,
  };
}

type RecordType = Snapshot["zone"]["records"][number]["type"];

function rdata(type: RecordType, data: string, { ttl, apex }: { ttl: number; apex: string }): Rdata {
  if (type === "CNAME") return { type: typeCodes.CNAME, ttl, domain: absolute(data, apex, true) };
  if (type === "TXT") return { type: typeCodes.TXT, ttl, data: data.match(/[\s\S]{1,60}/gu) ?? [""] };
  return { type: typeCodes[type], ttl, address: data };
}

/** "@" is the apex, a name without the zone's suffix is relative; a CNAME's target with a dot is taken as it stands. */
function absolute(name: string, apex: string, target = false): string {
  const lower = trim(name);
  if (name === "@" || name === "" || lower === apex) return apex;
  if (name.endsWith(".") || lower.endsWith(`.${apex}`) || (target && lower.includes("."))) return lower;
  return `${lower}.${apex}`;
}

const trim = (name: string): string => name.toLowerCase().replace(/\.$/, "");
