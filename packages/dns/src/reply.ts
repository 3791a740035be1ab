import { Packet } from "dns2";
import type { Rdata } from "./compile-zone.ts";
import type { Query } from "./read-query.ts";

export const rcodes = { noerror: 0, formerr: 1, servfail: 2, nxdomain: 3, notimp: 4, refused: 5, badvers: 16 } as const;

type Owned = Rdata & { readonly name: string };
export type Reply = {
  readonly rcode: number;
  readonly aa: boolean;
  readonly answers: readonly Owned[];
  readonly authorities: readonly Owned[];
};

type Encoding = { query: Uint8Array; asked: Query; reply: Reply; transport: "udp" | "tcp" };

/** DNS flag day 2020: what passes without fragments. Unit: bytes. */
const ednsBytes = 1232;
const optBytes = 11;

/** Writes the reply; on UDP one that is too large becomes TC with empty sections, so the client comes by TCP. */
export function encodeReply({ query, asked, reply, transport }: Encoding): Uint8Array {
  const size = asked.edns ? Math.min(Math.max(asked.edns.size, 512), ednsBytes) : 512;
  const limit = transport === "tcp" ? 65_535 : size;
  const full = write({ query, asked, reply }, false);
  if (full.length <= limit) return full;
  return write({ query, asked, reply: { ...reply, answers: [], authorities: [] } }, true);
}

function write({ query, asked, reply }: Omit<Encoding, "transport">, tc: boolean): Uint8Array {
  const packet = new Packet();
  packet.questions.push({ name: asked.name, type: asked.type, class: asked.class } as never);
  for (const record of reply.answers) packet.answers.push({ class: 1, ...record } as never);
  for (const record of reply.authorities) packet.authorities.push({ class: 1, ...record } as never);
  const body = packet.toBuffer();
  const bytes = Buffer.alloc(body.length + (asked.edns ? optBytes : 0));
  bytes.set(body);
  // The question goes back byte for byte; it is as long as the lower-case one that dns2 wrote.
  bytes.set(asked.question, 12);
  head(bytes, query, reply.rcode);
  bytes[2] = (bytes[2] ?? 0) | (reply.aa ? 4 : 0) | (tc ? 2 : 0);
  if (asked.edns) {
    bytes.writeUInt16BE(1, 10);
    bytes.writeUInt16BE(41, body.length + 1);
    bytes.writeUInt16BE(ednsBytes, body.length + 3);
    bytes[body.length + 5] = reply.rcode >> 4;
    bytes[body.length + 7] = asked.edns.dnssecOk ? 0x80 : 0;
  }
  return bytes;
}

/** A bare header with the query's id, opcode and RD: for queries that can't be read, and for SERVFAIL. */
export function errorReply(query: Uint8Array, rcode: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  head(bytes, query, rcode);
  return bytes;
}

function head(bytes: Uint8Array, query: Uint8Array, rcode: number): void {
  bytes.set(query.subarray(0, 2));
  bytes[2] = 0x80 | ((query[2] ?? 0) & 0x79);
  bytes[3] = rcode & 0x0f;
}
