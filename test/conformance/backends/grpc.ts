import { once } from "node:events";
import type { Socket } from "node:net";
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { type Ending, echoService, type Order, type Reply } from "./grpc-service.ts";
import type { HttpParts } from "./http.ts";
import { callHeader, type Visit } from "./ledger.ts";
import { pause } from "./mood.ts";

/** gRPC for sockets that were accepted elsewhere. */
export type GrpcSide = {
  accept(socket: Socket): void;
  /** Every client is told to go elsewhere for new calls (GOAWAY); those under way may end. */
  goaway(): void;
  close(): void;
};

type Call =
  | ServerUnaryCall<Buffer, Buffer>
  | ServerReadableStream<Buffer, Buffer>
  | ServerWritableStream<Buffer, Buffer>
  | ServerDuplexStream<Buffer, Buffer>;

/** One call under way. */
type Work = {
  readonly call: Call;
  readonly visit: Visit;
  readonly signal: AbortSignal;
  readonly deadlineMs: number | undefined;
};

/** Long enough for the calls of a test to end by themselves. Unit: milliseconds. */
const goawayGraceMs = 30_000;

export function makeGrpcSide(parts: HttpParts): GrpcSide {
  const unary: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    const work = begin(parts, call);
    const order = JSON.parse(call.request.toString()) as Order;
    answerOnce(parts, work, order).then(
      ({ reply, ending }) => done(ending && ending.code !== 0 ? failureOf(ending) : null, reply, trailersOf(ending)),
      () => done(failureOf({ code: 1, message: "left" })),
    );
  };
  const server: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const order = JSON.parse(call.request.toString()) as Order;
    giveMany(parts, begin(parts, call), order).then(
      (ending) => endStream(call, ending),
      () => endStream(call, { code: 1, message: "left" }),
    );
  };
  const client: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
    const work = begin(parts, call);
    takeMany(work).then(
      (count) => done(null, replyOf(parts, work, { n: count, text: "" })),
      () => done(failureOf({ code: 1, message: "left" })),
    );
  };
  const bidi: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const work = begin(parts, call);
    echoMany(parts, call, work).then(
      (ending) => endStream(call, ending),
      () => endStream(call, { code: 1, message: "left" }),
    );
  };
  const grpc = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  grpc.addService(echoService, { unary, server, client, bidi });
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (socket) => injector.injectConnection(socket),
    goaway: () => injector.drain(goawayGraceMs),
    close: () => injector.destroy(),
  };
}

function begin(parts: HttpParts, call: Call): Work {
  const gone = new AbortController();
  const deadline = call.getDeadline();
  const deadlineMs = deadline === Number.POSITIVE_INFINITY ? undefined : Number(deadline) - Date.now();
  const visit = parts.ledger.arrive(String(call.metadata.get(callHeader)[0] ?? ""), {
    method: "POST",
    url: call.getPath(),
    version: "2.0",
    headers: call.metadata.getMap() as Record<string, string>,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const emitter = call as unknown as NodeJS.EventEmitter;
  emitter.once("cancelled", () => {
    visit.end("left");
    gone.abort();
  });
  // grpc-js says "finish" on what it writes, and nothing at all on a unary call.
  emitter.once("finish", () => visit.end("whole"));
  return { call, visit, signal: gone.signal, deadlineMs };
}

async function answerOnce(
  parts: HttpParts,
  work: Work,
  order: Order,
): Promise<{ readonly reply: Buffer; readonly ending: Ending | undefined }> {
  const failing = await parts.mood.endure(work.signal);
  if (order.afterMs) await pause(order.afterMs, work.signal);
  const ending = failing ? { code: failing.grpcStatus ?? 14, message: `${parts.name} fails` } : order.ending;
  // What fails before its first message is sent as one block of headers: a trailers-only answer.
  if (!ending || ending.code === 0) greet(parts, work.call);
  work.visit.end("whole");
  return { reply: replyOf(parts, work, { n: 0, text: order.text ?? "" }), ending };
}

async function giveMany(parts: HttpParts, work: Work, order: Order): Promise<Ending | undefined> {
  const call = work.call as ServerWritableStream<Buffer, Buffer>;
  const failing = await parts.mood.endure(work.signal);
  if (failing) return { code: failing.grpcStatus ?? 14, message: `${parts.name} fails` };
  const text = "x".repeat(order.bytes ?? 0);
  if ((order.count ?? 0) > 0) greet(parts, call);
  for (let n = 0; n < (order.count ?? 0); n += 1) {
    if (order.everyMs && n > 0) await pause(order.everyMs, work.signal);
    const message = replyOf(parts, work, { n, text });
    work.visit.move(message.length);
    if (!call.write(message)) await once(call, "drain", { signal: work.signal });
  }
  return order.ending;
}

async function takeMany(work: Work): Promise<number> {
  let count = 0;
  for await (const message of work.call as unknown as AsyncIterable<Buffer>) {
    work.visit.move(message.length);
    count += 1;
  }
  work.visit.end("whole");
  return count;
}

async function echoMany(
  parts: HttpParts,
  call: ServerDuplexStream<Buffer, Buffer>,
  work: Work,
): Promise<Ending | undefined> {
  greet(parts, call);
  let n = 0;
  // Leaving the loop must not destroy the call, for its status is still to be sent.
  for await (const message of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const order = JSON.parse(message.toString()) as Order;
    if (order.ending) return order.ending;
    const reply = replyOf(parts, work, { n, text: order.text ?? "" });
    n += 1;
    if (!call.write(reply)) await once(call, "drain", { signal: work.signal });
  }
  return undefined;
}

function greet(parts: HttpParts, call: Call): void {
  const metadata = new Metadata();
  metadata.set("x-served-by", parts.name);
  call.sendMetadata(metadata);
}

const replyOf = ({ name }: HttpParts, { deadlineMs }: Work, rest: Pick<Reply, "n" | "text">): Buffer =>
  Buffer.from(JSON.stringify({ servedBy: name, ...rest, ...(deadlineMs === undefined ? {} : { deadlineMs }) }));

function endStream(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  ending?: Ending,
): void {
  if (ending === undefined || ending.code === 0) return call.end(trailersOf(ending));
  // The library's way to end a stream with a status: an "error" event that carries one.
  call.emit("error", failureOf(ending));
}

function failureOf(ending: Ending): Error & { code: number; details: string; metadata: Metadata } {
  const details = ending.message ?? "";
  return Object.assign(new Error(details), { code: ending.code, details, metadata: trailersOf(ending) });
}

function trailersOf(ending: Ending | undefined): Metadata {
  const metadata = new Metadata();
  if (ending?.details) metadata.set("grpc-status-details-bin", Buffer.from(ending.details, "base64"));
  for (const [name, value] of Object.entries(ending?.trailers ?? {})) metadata.set(name, value);
  return metadata;
}
