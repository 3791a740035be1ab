import { type CompiledZone, typeCodes, type WireRecord, type ZoneNode } from "./compile-zone.ts";
import { type Query, readQuery } from "./read-query.ts";
import { encodeReply, errorReply, type Owned, pointAt, type Reply, rcodes } from "./reply.ts";
import { isInZone } from "./zone-name.ts";

/** `draw` in [0, 1) chooses among weighted choices. */
export type AnswerAt = { readonly transport: "udp" | "tcp"; readonly draw: number };

const chaseMax = 8;
const types = { ...typeCodes, OPT: 41, TSIG: 250, IXFR: 251, AXFR: 252, ANY: 255 } as const;
const classIn = 1;

/**
 * The reply to one DNS message, or undefined where silence is right: what is no query, or is itself a reply. It never throws,
 * whatever the bytes. Without a zone, before the first snapshot, every good query is answered SERVFAIL.
 */
export function answer(zone: CompiledZone | undefined, query: Uint8Array, at: AnswerAt): Uint8Array | undefined {
  const flags = query[2];
  if (query.length < 12 || flags === undefined || (flags & 0x80) !== 0) return undefined;
  if ((flags & 0x78) !== 0) return errorReply(query, rcodes.notimp);
  const asked = readQuery(query);
  const { transport } = at;
  if (asked.kind === "malformed") {
    return encodeReply({ query, asked, reply: { rcode: rcodes.formerr }, transport });
  }
  return encodeReply({ query, asked, reply: replyTo(zone, asked, at.draw), transport });
}

function replyTo(zone: CompiledZone | undefined, asked: Query, draw: number): Reply {
  if (asked.edns && asked.edns.version > 0) return { rcode: rcodes.badvers };
  if (asked.type === types.OPT || asked.type === types.TSIG) return { rcode: rcodes.formerr };
  if (!zone) return { rcode: rcodes.servfail };
  const isTransfer = asked.type === types.IXFR || asked.type === types.AXFR;
  if (asked.class !== classIn || isTransfer || !isInZone(asked.name, zone.name)) return { rcode: rcodes.refused };
  return lookUp(zone, asked, draw);
}

/** Follows CNAMEs inside the zone; a loop or a long chain ends with what was collected (RFC 1034 §4.3.2). */
function lookUp(zone: CompiledZone, asked: Query, draw: number): Reply {
  const answers: Owned[] = [];
  // The zone's name is the end of the one that was asked for: the pointer leads there.
  const authority = { owner: pointAt(asked.name.length - zone.name.length), record: zone.negativeSoa };
  const seen = new Set<string>();
  let name = asked.name;
  for (;;) {
    const node = zone.nodes.get(name);
    // RFC 6604 §3: the rcode is that of the last name in the chain.
    if (!node) return { rcode: rcodes.nxdomain, aa: true, answers, authority };
    const owner = seen.size === 0 ? pointAt(0) : node.owner;
    seen.add(name);
    const found = recordsOf(node, asked.type, draw);
    for (const record of found) answers.push({ owner, record });
    if (found.length === 0) return { rcode: rcodes.noerror, aa: true, answers, authority };
    const isAlias = node.alias !== undefined && asked.type !== types.CNAME && asked.type !== types.ANY;
    if (!isAlias || !isInZone(node.alias, zone.name) || seen.has(node.alias) || seen.size >= chaseMax)
      return { rcode: rcodes.noerror, aa: true, answers };
    name = node.alias;
  }
}

/** ANY is answered with one set (RFC 8482 §4.1), so it is no lever for amplification. */
function recordsOf(node: ZoneNode, type: number, draw: number): readonly WireRecord[] {
  if (type === types.ANY) {
    const [choices] = node.choices.values();
    const [set] = node.sets.values();
    return choices ? drawn(choices, draw) : (set ?? []);
  }
  const choices = node.choices.get(type);
  return choices ? drawn(choices, draw) : (node.sets.get(type) ?? node.sets.get(types.CNAME) ?? []);
}

function drawn(choices: NonNullable<ReturnType<ZoneNode["choices"]["get"]>>, draw: number): readonly WireRecord[] {
  let rest = draw * choices.reduce((sum, choice) => sum + choice.share, 0);
  const chosen = choices.find((choice) => {
    rest -= choice.share;
    return rest < 0;
  });
  // A sum of fractions may end a hair above zero.
  return (chosen ?? choices.at(-1))?.records ?? [];
}
