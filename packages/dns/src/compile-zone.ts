import { formatFence, type ServiceSnapshot, SluiceError, type Snapshot } from "@sluice/core";
import { Packet } from "dns2";
import { familyOf, zoneFaults } from "./zone-faults.ts";
import { isInZone, ownerName, plainName, targetName } from "./zone-name.ts";

/** A record as it goes on the wire after its owner: type, class, TTL, length and data, without compression. */
export type WireRecord = Uint8Array;

/** One of the answers of a service for one type: addresses of one site, and how often it is drawn. */
export type Choice = { readonly share: number; readonly records: readonly WireRecord[] };

export type ZoneNode = {
  /** The name on the wire, for records that are not owned by the name that was asked for. */
  readonly owner: Uint8Array;
  readonly sets: ReadonlyMap<number, readonly WireRecord[]>;
  /** By type. Only those that have such an address, so that no draw ends in an empty answer while another would not. */
  readonly choices: ReadonlyMap<number, readonly Choice[]>;
  /** Where a CNAME leads. */
  readonly alias?: string;
};

/** A snapshot made ready for lookups: names to nodes, records to bytes. Empty non-terminals are nodes without records. */
export type CompiledZone = {
  readonly name: string;
  /** The SOA of negative answers, whose TTL is the smaller of its own and MINIMUM (RFC 2308 §3). */
  readonly negativeSoa: WireRecord;
  readonly nodes: ReadonlyMap<string, ZoneNode>;
};

export const typeCodes = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28 } as const;

/** A record as dns2 encodes it. */
type Rdata = { readonly type: number; readonly ttl: number; readonly [field: string]: unknown };
type Draft = {
  owner: Uint8Array;
  sets: Map<number, WireRecord[]>;
  choices: Map<number, Choice[]>;
  alias?: string;
};

/** Compiles a snapshot, or throws CONFIG_INVALID with every fault of its zone. */
export function compileZone(snapshot: Snapshot): CompiledZone {
  const { zone, services } = snapshot;
  const problems = zoneFaults({ ...zone, services });
  if (problems.length > 0)
    throw new SluiceError("CONFIG_INVALID", `the zone has faults: ${problems[0]?.message}`, { problems });
  const apex = plainName(zone.name);
  const nodes = new Map<string, Draft>();
  const add = (name: string, data: Rdata): void => addTo(nodeAt(nodes, name, apex), data);
  const soa = soaOf(snapshot, apex);
  add(apex, soa);
  for (const server of zone.nameservers) {
    const ns = ownerName(server.name, apex);
    add(apex, { type: typeCodes.NS, ttl: zone.ttlSeconds, ns });
    // A nameserver of another zone has its addresses there.
    if (!isInZone(ns, apex)) continue;
    for (const address of server.addresses) add(ns, addressData(address, zone.ttlSeconds));
  }
  for (const record of zone.records) {
    for (const data of record.data)
      add(ownerName(record.name, apex), rdata(record.type, data, { ttl: record.ttlSeconds, apex }));
  }
  add(`_sluice-fence.${apex}`, { type: typeCodes.TXT, ttl: 0, data: [formatFence(snapshot.fence)] });
  const encodeAddress = makeAddressEncoder();
  for (const service of services)
    nodeAt(nodes, ownerName(service.host, apex), apex).choices = choicesOf(service, encodeAddress);
  const negativeTtl = Math.min(zone.ttlSeconds, zone.negativeTtlSeconds);
  return { name: apex, negativeSoa: encode({ ...soa, ttl: negativeTtl }), nodes };
}

/** A set holds no record twice (RFC 2181 §5.5). */
function addTo(node: Draft, data: Rdata): void {
  const set = node.sets.get(data.type) ?? [];
  const record = encode(data);
  if (set.some((other) => Buffer.compare(other, record) === 0)) return;
  set.push(record);
  node.sets.set(data.type, set);
  if (data.type === typeCodes.CNAME) node.alias = String(data["domain"]);
}

/** Encoded at the root, so that the owner is one zero byte and nothing can point at it. */
const encode = (data: Rdata): WireRecord =>
  Packet.Resource.encode({ name: "", class: 1, ...data } as never).subarray(1) as WireRecord;

type Encoded = { readonly type: number; readonly record: WireRecord };

/** Ten thousand services share a few addresses: each is encoded once for each TTL. */
function makeAddressEncoder(): (address: string, ttl: number) => Encoded {
  const known = new Map<string, Encoded>();
  return (address, ttl) => {
    const key = `${ttl} ${address}`;
    const found = known.get(key);
    if (found) return found;
    const data = addressData(address, ttl);
    const encoded = { type: data.type, record: encode(data) };
    known.set(key, encoded);
    return encoded;
  };
}

function choicesOf(
  service: ServiceSnapshot,
  encodeAddress: ReturnType<typeof makeAddressEncoder>,
): Map<number, Choice[]> {
  const choices = new Map<number, Choice[]>();
  for (const { share, addresses } of service.choices) {
    if (share <= 0) continue;
    const data = [...new Set(addresses)].map((address) => encodeAddress(address, service.ttlSeconds));
    for (const type of [typeCodes.A, typeCodes.AAAA]) {
      const records = data.filter((each) => each.type === type).map(({ record }) => record);
      if (records.length > 0) choices.set(type, [...(choices.get(type) ?? []), { share, records }]);
    }
  }
  return choices;
}

/** `ttl` in seconds. An IPv6 address is brought to its plain form first: dns2 misreads one with an IPv4 tail. */
function addressData(address: string, ttl: number): Rdata {
  if (familyOf(address) === 4) return { type: typeCodes.A, ttl, address };
  return { type: typeCodes.AAAA, ttl, address: new URL(`http://[${address}]`).hostname.slice(1, -1) };
}

/** Finds or makes a node and all its ancestors up to the apex, which is how empty non-terminals come to exist. */
function nodeAt(nodes: Map<string, Draft>, name: string, apex: string): Draft {
  const found = nodes.get(name);
  if (found) return found;
  const node: Draft = { owner: ownerAt(nodes, name, apex), sets: new Map(), choices: new Map() };
  nodes.set(name, node);
  return node;
}

/** A name on the wire is its first label before the rest (RFC 1035 §3.1), and the rest is known from the node above. */
function ownerAt(nodes: Map<string, Draft>, name: string, apex: string): Uint8Array {
  if (name === apex) return Packet.Name.encode(name) as unknown as Uint8Array;
  const dot = name.indexOf(".");
  const label = Buffer.from(name.slice(0, dot), "latin1");
  return Buffer.concat([Uint8Array.of(label.length), label, nodeAt(nodes, name.slice(dot + 1), apex).owner]);
}

function soaOf({ zone }: Snapshot, apex: string): Rdata {
  return {
    type: typeCodes.SOA,
    ttl: zone.ttlSeconds,
    primary: ownerName(zone.nameservers[0]?.name ?? "ns", apex),
    admin: plainName(zone.contact.replace("@", ".")),
    serial: zone.serial >>> 0,
    refresh: 3600,
    retry: 600,
    expiration: 604_800,
    minimum: zone.negativeTtlSeconds,
  };
}

type RecordType = Snapshot["zone"]["records"][number]["type"];

function rdata(type: RecordType, text: string, { ttl, apex }: { ttl: number; apex: string }): Rdata {
  if (type === "CNAME") return { type: typeCodes.CNAME, ttl, domain: targetName(text, apex) };
  if (type === "TXT") return { type: typeCodes.TXT, ttl, data: characterStrings(text) };
  return addressData(text, ttl);
}

/** A TXT record's text in strings of at most 255 octets (RFC 1035 §3.3). */
function characterStrings(text: string): Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  const count = Math.max(1, Math.ceil(bytes.length / 255));
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * 255, (at + 1) * 255));
}
