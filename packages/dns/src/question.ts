import { Packet } from "dns2";
import { typeCodes } from "./compile-zone.ts";

export type QueryType = keyof typeof typeCodes;

/** What is asked of a nameserver. */
export type Question = {
  readonly name: string;
  readonly type: QueryType;
  /** Recursion desired (RFC 1035 §4.1.1): for a resolver that shall go and ask. Authoritative servers are asked without. */
  readonly recursion?: boolean;
};

export type QueryRecord = { readonly name: string; readonly type: string; readonly ttl: number; readonly data: string };

export type QueryAnswer = {
  readonly rcode: number;
  /** Authoritative answer. */
  readonly aa: boolean;
  /** Truncated: the whole answer is to be had over TCP. */
  readonly tc: boolean;
  readonly answers: readonly QueryRecord[];
  readonly authorities: readonly QueryRecord[];
};

const typeNames = new Map<number, string>(Object.entries(typeCodes).map(([name, code]) => [code, name]));

/** One question as bytes, with EDNS. */
export function encodeQuestion(id: number, question: Question): Buffer {
  const packet = new Packet();
  packet.header.id = id;
  packet.header.rd = question.recursion ? 1 : 0;
  packet.questions.push({ name: question.name, type: typeCodes[question.type], class: 1 } as never);
  packet.additionals.push(Packet.Resource.EDNS([]));
  return packet.toBuffer();
}

/** Our id, a response, and our question, by its name without regard to case. What can't be read is nobody's answer. */
export function isAnswerTo(reply: Buffer, id: number, asked: Question): boolean {
  if (reply.length < 12 || reply.readUInt16BE(0) !== id || ((reply[2] ?? 0) & 0x80) === 0) return false;
  const packet = parse(reply);
  if (packet === undefined) return false;
  const question = packet.questions[0];
  // An error may come back without the question (RFC 8906 §3.1.4); the id and the connected socket vouch for it.
  if (question === undefined) return ((reply[3] ?? 0) & 0x0f) !== 0;
  return (
    question.name.toLowerCase() === asked.name.replace(/\.$/, "").toLowerCase() &&
    question.type === typeCodes[asked.type]
  );
}

/** The answer in a reply that `isAnswerTo` took for ours. */
export function readAnswer(reply: Buffer): QueryAnswer {
  const packet = Packet.parse(reply);
  const flags = reply.readUInt16BE(2);
  return {
    rcode: flags & 0x0f,
    aa: (flags & 0x0400) !== 0,
    tc: (flags & 0x0200) !== 0,
    answers: packet.answers.map(readRecord),
    authorities: packet.authorities.map(readRecord),
  };
}

function parse(reply: Buffer): Packet | undefined {
  try {
    return Packet.parse(reply);
  } catch {
    return undefined;
  }
}

function readRecord(record: Packet["answers"][number]): QueryRecord {
  const { name, type, ttl } = record;
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  const value = fields["address"] ?? fields["domain"] ?? fields["ns"] ?? fields["data"] ?? fields["primary"] ?? "";
  const data = Array.isArray(value) ? value.join("") : typeof value === "string" ? value : JSON.stringify(value);
  return { name, type: typeNames.get(type ?? 0) ?? `TYPE${type}`, ttl, data };
}
