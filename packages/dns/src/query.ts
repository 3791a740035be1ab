import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { SluiceError } from "@sluice/core";
import { encodeQuestion, isAnswerTo, type QueryAnswer, type QueryType, readAnswer } from "./question.ts";

export type QueryOptions = {
  readonly server: { readonly address: string; readonly port: number };
  readonly name: string;
  readonly type: QueryType;
  /** Recursion desired: for a resolver. */
  readonly recursion?: boolean;
  /** Unit: milliseconds, for UDP and the TCP that may follow a truncated answer together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Ask over TCP from the start. */
  readonly tcp?: boolean;
};

/**
 * Asks one server one question: UDP first, TCP when the answer is truncated (RFC 7766 §5). Only an answer with our id, from
 * that address, to that question counts; anything else on the socket is ignored until the time is up.
 */
export async function query(options: QueryOptions): Promise<QueryAnswer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const id = randomInt(0, 65_536);
  const bytes = encodeQuestion(id, options);
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
  const first = readAnswer(options.tcp ? await over(askTcp) : await over(askUdp));
  return first.tc && !options.tcp ? readAnswer(await over(askTcp)) : first;
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
