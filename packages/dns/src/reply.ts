import type { WireRecord } from "./compile-zone.ts";
import type { Edns } from "./read-query.ts";

export const rcodes = { noerror: 0, formerr: 1, servfail: 2, nxdomain: 3, notimp: 4, refused: 5, badvers: 16 } as const;

/** A record with the name that owns it: on the wire, or as a pointer into the question. */
export type Owned = { readonly owner: Uint8Array; readonly record: WireRecord };

export type Reply = {
  readonly rcode: number;
  readonly aa?: boolean;
  readonly answers?: readonly Owned[];
  readonly authority?: Owned;
};

type Asked = { readonly question: Uint8Array; readonly edns?: Edns | undefined };
type Encoding = { query: Uint8Array; asked: Asked; reply: Reply; transport: "udp" | "tcp" };

const headerBytes = 12;
/** DNS flag day 2020: what passes without fragments. Unit: bytes. */
const ednsBytes = 1232;
const optBytes = 11;

/** A name that is the question's, from its byte `at` on (RFC 1035 §4.1.4). So the answer has the asker's own case. */
export const pointAt = (at: number): Uint8Array => {
  const offset = headerBytes + at;
  return Uint8Array.of(0xc0 | (offset >> 8), offset & 0xff);
};

/**
 * Writes the reply; on UDP one that is too large becomes TC with empty sections, so the client comes by TCP. Where it is too
 * large even there, nothing can be said but SERVFAIL.
 */
export function encodeReply({ query, asked, reply, transport }: Encoding): Uint8Array {
  const size = asked.edns ? Math.min(Math.max(asked.edns.size, 512), ednsBytes) : 512;
  const limit = transport === "tcp" ? 65_535 : size;
  const answers = reply.answers ?? [];
  const records = reply.authority ? [...answers, reply.authority] : answers;
  const bytes = records.reduce((sum, { owner, record }) => sum + owner.length + record.length, 0);
  const fixed = headerBytes + asked.question.length + (asked.edns ? optBytes : 0);
  const isWhole = fixed + bytes <= limit;
  if (!isWhole && transport === "tcp")
    return encodeReply({ query, asked, reply: { rcode: rcodes.servfail }, transport });
  const message = Buffer.alloc(isWhole ? fixed + bytes : fixed);
  head(message, query, reply.rcode);
  message[2] = (message[2] ?? 0) | (reply.aa ? 4 : 0) | (isWhole ? 0 : 2);
  message[5] = asked.question.length > 0 ? 1 : 0;
  message.set(asked.question, headerBytes);
  let at = headerBytes + asked.question.length;
  if (isWhole) {
    message.writeUInt16BE(answers.length, 6);
    message[9] = reply.authority ? 1 : 0;
    for (const { owner, record } of records) {
      message.set(owner, at);
      message.set(record, at + owner.length);
      at += owner.length + record.length;
    }
  }
  if (asked.edns) writeOpt(message, at, { rcode: reply.rcode, dnssecOk: asked.edns.dnssecOk });
  return message;
}

/** RFC 6891 §6.1: version 0, our size, the upper bits of the rcode, and DO as it came (RFC 3225). No option comes back. */
function writeOpt(message: Buffer, at: number, opt: { rcode: number; dnssecOk: boolean }): void {
  message[11] = 1;
  message.writeUInt16BE(41, at + 1);
  message.writeUInt16BE(ednsBytes, at + 3);
  message[at + 5] = opt.rcode >> 4;
  message[at + 7] = opt.dnssecOk ? 0x80 : 0;
}

/** A bare header with the query's id, opcode and RD, for queries of which nothing else can be read. */
export function errorReply(query: Uint8Array, rcode: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  head(bytes, query, rcode);
  return bytes;
}

/** QR is set; opcode and RD are the query's; AA, TC, RA, Z, AD and CD are 0. */
function head(bytes: Uint8Array, query: Uint8Array, rcode: number): void {
  bytes.set(query.subarray(0, 2));
  bytes[2] = 0x80 | ((query[2] ?? 0) & 0x79);
  bytes[3] = rcode & 0x0f;
}
