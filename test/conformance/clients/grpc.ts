import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type StatusObject,
} from "@grpc/grpc-js";
import { asIs, echoService, type Order, type Reply } from "../backends/grpc-service.ts";

/** What a call brought: messages, metadata before them, and the status with its trailers. */
export type Called = {
  readonly replies: readonly Reply[];
  readonly initial: Metadata | undefined;
  readonly status: StatusObject;
  readonly servedBy: string;
};

export type CallOptions = {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Unit: milliseconds from now. Default: a patience that only a plane that hangs exceeds. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
};

/** grpc-js's client on one channel. */
export interface Grpc {
  unary(order: Order, options?: CallOptions): Promise<Called>;
  server(order: Order, options?: CallOptions): Promise<Called>;
  /** Sends so many orders one after the other, then closes its side. */
  client(orders: readonly Order[], options?: CallOptions): Promise<Called>;
  /** Sends each order when the reply to the one before has come. */
  bidi(orders: readonly Order[], options?: CallOptions): Promise<Called>;
  /** The call itself, for tests that read slowly or leave midway. */
  openServer(order: Order, options?: CallOptions): ClientReadableStream<Buffer>;
  openBidi(options?: CallOptions): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
  [Symbol.dispose](): void;
}

const patienceMs = 5_000;

/** `authority`: the host that calls are for, which need not be the address. Without a CA the channel is cleartext. */
export function openGrpc(address: string, authority: string, ca?: string): Grpc {
  const secure = ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
  const client = new Client(address, secure, channelOptions(authority));
  const openServer = (order: Order, options: CallOptions = {}, { path } = echoService.server) =>
    client.makeServerStreamRequest(path, asIs, asIs, bytesOf(order), metadataOf(options), deadlineOf(options));
  const openBidi = (options: CallOptions = {}, { path } = echoService.bidi) =>
    client.makeBidiStreamRequest(path, asIs, asIs, metadataOf(options), deadlineOf(options));
  return {
    // On the wire a unary call is a stream of one message each way, and as a stream its metadata is seen in order.
    unary: (order, options = {}) => collect(openServer(order, options, echoService.unary), options),
    server: (order, options = {}) => collect(openServer(order, options), options),
    client(orders, options = {}) {
      const call = openBidi(options, echoService.client);
      void sendAll(call, orders);
      return collect(call, options);
    },
    bidi(orders, options = {}) {
      const call = openBidi(options);
      const left = [...orders];
      const sendNext = (): void => {
        const next = left.shift();
        if (next) call.write(bytesOf(next));
        else call.end();
      };
      call.on("data", sendNext);
      sendNext();
      return collect(call, options);
    },
    openServer: (order, options) => openServer(order, options),
    openBidi: (options) => openBidi(options),
    close: () => client.close(),
    [Symbol.dispose]: () => client.close(),
  };
}

/** Retries would hide what the plane does, and a subchannel shared with another test what this one's connection does. */
const channelOptions = (authority: string) => ({
  "grpc.enable_retries": 0,
  "grpc.default_authority": authority,
  "grpc.ssl_target_name_override": authority,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": -1,
  "grpc.primary_user_agent": "sluice-conformance",
});

async function sendAll(call: ClientWritableStream<Buffer>, orders: readonly Order[]): Promise<void> {
  for (const order of orders) {
    if (call.write(bytesOf(order))) continue;
    await new Promise((resolve) => call.once("drain", resolve));
  }
  call.end();
}

type Readable = ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>;

/** Everything a call brings, to its status. Never rejects: every end of a call has a status. */
function collect(call: Readable, { signal }: CallOptions = {}): Promise<Called> {
  const replies: Reply[] = [];
  let initial: Metadata | undefined;
  signal?.addEventListener("abort", () => call.cancel(), { once: true });
  return new Promise((resolve) => {
    call.on("metadata", (metadata: Metadata) => {
      initial = metadata;
    });
    call.on("data", (message: Buffer) => replies.push(replyOf(message)));
    call.on("error", () => undefined);
    call.on("status", (status: StatusObject) => {
      const servedBy = replies[0]?.servedBy ?? String(initial?.get("x-served-by")[0] ?? "");
      resolve({ replies, initial, status, servedBy });
    });
  });
}

const bytesOf = (order: Order): Buffer => Buffer.from(JSON.stringify(order));
const replyOf = (message: Buffer): Reply => JSON.parse(message.toString()) as Reply;

function metadataOf({ metadata = {} }: CallOptions): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(metadata)) made.set(name, value);
  return made;
}

const deadlineOf = ({ deadlineMs = patienceMs }: CallOptions) => ({ deadline: Date.now() + deadlineMs });
