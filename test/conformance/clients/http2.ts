import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";

/** One stream of HTTP/2 as it ended, with nothing interpreted. */
export type H2Answer = {
  readonly headers: IncomingHttpHeaders;
  /** Undefined when the answer was one block of headers. */
  readonly trailers: IncomingHttpHeaders | undefined;
  /** Whether the headers ended the stream: nothing came after. */
  readonly isHeadersOnly: boolean;
  readonly body: Buffer;
  /** RFC 9113 §7: 0 for a stream that ended well. */
  readonly code: number;
};

/** node:http2's client, with one session. */
export interface H2 {
  readonly session: ClientHttp2Session;
  ask(headers: OutgoingHttpHeaders, body?: Buffer): Promise<H2Answer>;
  /** The error code of the GOAWAY that came, if one did. */
  goaway(): number | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openHttp2(url: string, tls?: { readonly ca: string; readonly servername: string }): Promise<H2> {
  const session = connect(url, { ...tls });
  let goaway: number | undefined;
  session.on("goaway", (code) => {
    goaway = code;
  });
  await once(session, "connect");
  session.on("error", () => undefined);
  return {
    session,
    ask: (headers, body) => askOn(session, headers, body),
    goaway: () => goaway,
    async [Symbol.asyncDispose]() {
      if (session.destroyed) return;
      const closed = once(session, "close");
      session.destroy();
      await closed;
    },
  };
}

function askOn(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<H2Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    const chunks: Buffer[] = [];
    let heard: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders | undefined;
    let isHeadersOnly = false;
    stream.on("response", (got, flags) => {
      heard = got;
      isHeadersOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    });
    stream.on("trailers", (got) => {
      trailers = got;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => {
      // A reset is an outcome, told by its code; what never was a stream is none.
      if (stream.id === undefined) reject(error);
    });
    stream.on("close", () =>
      resolve({ headers: heard, trailers, isHeadersOnly, body: Buffer.concat(chunks), code: stream.rstCode }),
    );
    if (body !== undefined) stream.end(body);
  });
}

/** A gRPC message as it goes over the wire: uncompressed, with its length. */
export function grpcFrame(message: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
