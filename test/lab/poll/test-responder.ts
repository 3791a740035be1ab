import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { epochMs, type Snapshot } from "@sluice/core";
import { answer, compileZone, errorReply, rcodes } from "@sluice/dns";

/** What a responder does with a question: the addresses it answers with, an error, or silence. */
export type Manner = readonly string[] | "servfail" | "nxdomain" | "silent";

/** A nameserver of a few lines on a port of its own, whose answers a test changes under way. */
export interface Responder {
  readonly server: { readonly name: string; readonly address: string; readonly port: number };
  manner: Manner;
  /** Called with each reply instead of sending it, to send it late, twice or not at all. */
  deliver: (reply: Buffer, send: (bytes: Buffer) => void) => void;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startResponder(manner: Manner, port = 0): Promise<Responder> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  const bound = socket.address().port;
  const responder: Responder = {
    server: { name: `ns-${bound}`, address: "127.0.0.1", port: bound },
    manner,
    deliver: (reply, send) => send(reply),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  socket.on("message", (question, from) => {
    const reply = replyTo(question, responder.manner);
    if (reply) responder.deliver(reply, sender(socket, from));
  });
  return responder;
}

const sender = (socket: Socket, from: RemoteInfo) => (bytes: Buffer) =>
  socket.send(bytes, from.port, from.address, () => {});

function replyTo(question: Buffer, manner: Manner): Buffer | undefined {
  if (manner === "silent") return undefined;
  if (manner === "servfail") return Buffer.from(errorReply(question, rcodes.servfail) ?? []);
  const zone = compileZone(snapshotOf(manner === "nxdomain" ? undefined : manner));
  return Buffer.from(answer(zone, question, { transport: "udp", draw: 0 }) ?? []);
}

const snapshotOf = (addresses: readonly string[] | undefined): Snapshot => ({
  fence: { installation: "lab", epoch: 1, sequence: 1 },
  causes: [],
  configRevision: 1,
  issuedAt: epochMs(0),
  zone: {
    name: "llm.example",
    ttlSeconds: 60,
    negativeTtlSeconds: 15,
    contact: "hostmaster.llm.example",
    serial: 1,
    nameservers: [],
    records: addresses ? [{ name: "chat.llm.example", type: "A", ttlSeconds: 5, data: addresses }] : [],
  },
  services: [],
});
