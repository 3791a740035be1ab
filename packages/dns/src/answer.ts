import { addressRecord, type CompiledZone, type Rdata, typeCodes, type ZoneNode } from "./compile-zone.ts";
import { type Query, readQuery } from "./read-query.ts";
import { encodeReply, errorReply, type Reply, rcodes } from "./reply.ts";

/** `draw` in [0, 1) chooses among weighted choices. */
export type AnswerAt = { readonly transport: "udp" | "tcp"; readonly draw: number };

const chaseMax = 8;
const anyType = 255;

/** The reply to one DNS message, or undefined where silence is right: what is no query, or is itself a reply. */
export function answer(zone: CompiledZone, query: Uint8Array, at: AnswerAt): Uint8Array | undefined {
  const flags = query[2];
  if (query.length < 12 || flags === undefined || (flags & 0x80) !== 0) return undefined;
  if ((flags & 0x78) !== 0) return errorReply(query, rcodes.notimp);
  const asked = readQuery(query);
  if (!asked || asked.type === 41 || asked.type === 250) return errorReply(query, rcodes.formerr);
  return encodeReply({ query, asked, reply: replyTo(zone, asked, at.draw), transport: at.transport });
}

function replyTo(zone: CompiledZone, asked: Query, draw: number): Reply {
  const none = { answers: [], authorities: [], aa: false };
  if (asked.edns && asked.edns.version > 0) return { ...none, rcode: rcodes.badvers };
  const isTransfer = asked.type === 251 || asked.type === 252;
  if (asked.class !== 1 || isTransfer || !isIn(zone, asked.name)) return { ...none, rcode: rcodes.refused };
  return lookUp(zone, asked, draw);
}

const isIn = (zone: CompiledZone, name: string): boolean => name === zone.name || name.endsWith(`.${zone.name}`);

/** Follows CNAMEs inside the zone; a loop or a long chain ends with what was collected. */
function lookUp(zone: CompiledZone, asked: Query, draw: number): Reply {
  const answers: (Rdata & { name: string })[] = [];
  const seen = new Set<string>();
  let name = asked.name;
  for (;;) {
    const node = zone.nodes.get(name);
    if (!node) return { rcode: rcodes.nxdomain, aa: true, answers, authorities: [negative(zone)] };
    seen.add(name);
    const found = recordsOf(node, asked.type, draw);
    answers.push(...found.map((record) => ({ ...record, name })));
    const alias = found[0]?.type === typeCodes.CNAME && asked.type !== typeCodes.CNAME && asked.type !== anyType;
    if (!alias) {
      const authorities = found.length === 0 ? [negative(zone)] : [];
      return { rcode: rcodes.noerror, aa: true, answers, authorities };
    }
    name = String(found[0]?.["domain"]);
    if (!isIn(zone, name) || seen.has(name) || seen.size >= chaseMax) {
      return { rcode: rcodes.noerror, aa: true, answers, authorities: [] };
    }
  }
}

/** ANY is answered with one set (RFC 8482), so it is no lever for amplification. */
function recordsOf(node: ZoneNode, type: number, draw: number): readonly Rdata[] {
  const chosen = chosenRecords(node, draw);
  if (type === anyType) {
    const first = chosen[0];
    return first ? chosen.filter((record) => record.type === first.type) : ([...node.sets.values()][0] ?? []);
  }
  const own = chosen.filter((record) => record.type === type);
  if (node.choices && (type === typeCodes.A || type === typeCodes.AAAA)) return own;
  return node.sets.get(type) ?? node.sets.get(typeCodes.CNAME)?.slice(0, 1) ?? [];
}

function chosenRecords(node: ZoneNode, draw: number): readonly Rdata[] {
  const choices = node.choices ?? [];
  let rest = draw * choices.reduce((sum, choice) => sum + choice.share, 0);
  const chosen = choices.find((choice) => {
    rest -= choice.share;
    return rest < 0;
  });
  const { addresses } = chosen ?? choices.at(-1) ?? { addresses: [] };
  return addresses.map((address) => addressRecord(address, node.ttlSeconds));
}

/** RFC 2308 §3: a negative answer lives as long as the smaller of SOA TTL and MINIMUM. */
const negative = (zone: CompiledZone): Rdata & { name: string } => ({
  ...zone.soa,
  ttl: Math.min(zone.soa.ttl, Number(zone.soa["minimum"])),
  name: zone.name,
});
