import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { SluiceError } from "@sluice/core";
import { Packet } from "dns2";
import { typeCodes } from "./compile-zone.ts";

export type QueryType = keyof typeof typeCodes;

export type QueryOptions = {
  readonly server: { readonly address: string; readonly port: number };
  readonly name: string;
  readonly type: QueryType;
  /** Unit: milliseconds, for UDP and the TCP that may follow a truncated answer together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Ask over TCP from the start. */
  readonly tcp?: boolean;
};

export type QueryRecord = { readonly name: string; readonly type: string; readonly ttl: number; readonly data: string };

export type QueryAnswer = {
  readonly rcode: number;
  /** Authoritative answer. */
  readonly aa: boolean;
  readonly answers: readonly QueryRecord[];
  readonly authorities: readonly QueryRecord[];
};

const typeNames = new Map<number, string>(Object.entries(typeCodes).map(([name, code]) => [code, name]));

/**
 * Asks one server one question: UDP first, TCP when the answer is truncated (RFC 7766 §5). Only an answer with our id, from
 * that address, to that question counts; anything else on the socket is ignored until the time is up.
 */
export async function query(options: QueryOptions): Promise<QueryAnswer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const id = randomInt(0, 65_536);
  const packet = new Packet();
  packet.header.id = id;
  packet.questions.push({ name: options.name, type: typeCodes[options.type], class: 1 } as never);
  packet.additionals.push(Packet.Resource.EDNS([]));
  const bytes = packet.toBuffer();
  const isOurs = (reply: Buffer): boolean => isAnswerTo(reply, id, options);
  const over = async (ask: typeof askUdp): Promise<Buffer> => {
    try {
      return await ask(options.server, bytes, { signal, isOurs });
    } catch (cause) {
      const { address, port } = options.server;
      throw new SluiceError("UNREACHABLE", `${address}:${port} did not answer for ${options.name}`, {
        cause,
        transient: true,
      });
    }
  };
  const first = options.tcp ? await over(askTcp) : await over(askUdp);
  const isTruncated = ((first[2] ?? 0) & 0x02) !== 0;
  return readAnswer(isTruncated && !options.tcp ? await over(askTcp) : first);
}

type Asking = { readonly signal: AbortSignal; readonly isOurs: (reply: Buffer) => boolean };

function askUdp(server: QueryOptions["server"], bytes: Buffer, asking: Asking): Promise<Buffer> {
  const socket = createSocket(server.address.includes(":") ? "udp6" : "udp4");
  return new Promise<Buffer>((settle, fail) => {
    const onAbort = (): void => fail(asking.signal.reason);
    if (asking.signal.aborted) return onAbort();
    asking.signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", fail);
    socket.on("message", (reply) => {
      if (asking.isOurs(reply)) settle(reply);
    });
    // Connected, so that only this server's packets arrive and a closed port is told at once.
    socket.connect(server.port, server.address, () => socket.send(bytes));
  }).finally(() => socket.close());
}

function askTcp(server: QueryOptions["server"], bytes: Buffer, asking: Asking): Promise<Buffer> {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  let socket: Socket | undefined;
  return new Promise<Buffer>((settle, fail) => {
    const onAbort = (): void => fail(asking.signal.reason);
    if (asking.signal.aborted) return onAbort();
    asking.signal.addEventListener("abort", onAbort, { once: true });
    let received = Buffer.alloc(0);
    socket = connect(server.port, server.address, () => socket?.write(Buffer.concat([length, bytes])));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("closed before the answer was whole")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const wanted = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + received.readUInt16BE(0);
      if (received.length < wanted) return;
      const reply = received.subarray(2, wanted);
      if (asking.isOurs(reply)) settle(reply);
      else fail(new Error("an answer to something else"));
    });
  }).finally(() => socket?.destroy());
}

/** Our id, a response, and our question, by its name without regard to case. */
function isAnswerTo(reply: Buffer, id: number, asked: QueryOptions): boolean {
  if (reply.length < 12 || reply.readUInt16BE(0) !== id || ((reply[2] ?? 0) & 0x80) === 0) return false;
  // An error may come back without the question (RFC 8906 §3.1.4); the id and the connected socket vouch for it.
  if (reply.readUInt16BE(4) === 0) return ((reply[3] ?? 0) & 0x0f) !== 0;
  const question = Packet.parse(reply).questions[0];
  return (
    question?.name.toLowerCase() === asked.name.replace(/\.$/, "").toLowerCase() &&
    question.type === typeCodes[asked.type]
  );
}

function readAnswer(reply: Buffer): QueryAnswer {
  const packet = Packet.parse(reply);
  const flags = reply.readUInt16BE(2);
  return {
    rcode: flags & 0x0f,
    aa: (flags & 0x0400) !== 0,
    answers: packet.answers.map(readRecord),
    authorities: packet.authorities.map(readRecord),
  };
}

function readRecord(record: Packet["answers"][number]): QueryRecord {
  const { name, type, ttl } = record;
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  const value = fields["address"] ?? fields["domain"] ?? fields["ns"] ?? fields["data"] ?? fields["primary"] ?? "";
  const data = Array.isArray(value) ? value.join("") : typeof value === "string" ? value : JSON.stringify(value);
  return { name, type: typeNames.get(type ?? 0) ?? `TYPE${type}`, ttl, data };
}
