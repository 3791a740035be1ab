import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsTo } from "../back/limits.ts";
import { splitAddress } from "../back/open-socket.ts";
import type { HeaderList } from "../relay/inbound.ts";
import { fieldLines } from "../wire/chunk-text.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { UpgradeAnswerReader } from "./upgrade-answer.ts";

export type SpliceTo = {
  readonly address: string;
  readonly tls: TlsTo | undefined;
  /** The request's headers as the other side gets them, without `Connection` and `Upgrade`. */
  readonly headers: HeaderList;
  readonly connectMs: number;
  readonly idleMs: number;
};

/** `unreached`: the client has had no byte, and somebody else may be tried. */
export type SpliceEnd = "unreached" | "ended" | "broken";

/**
 * Connects a client that asks for another protocol (WebSocket, RFC 6455 §1.3) with an endpoint, byte for byte once the endpoint has
 * agreed. An answer by which it declines goes back as it is, and ends both connections.
 */
export function splice(request: RequestHead, client: Socket, to: SpliceTo, first: Buffer): Promise<SpliceEnd> {
  const at = splitAddress(to.address);
  const upstream = to.tls ? connectTls({ ...at, ...to.tls, ALPNProtocols: ["http/1.1"] }) : connect(at);
  const { promise, resolve } = Promise.withResolvers<SpliceEnd>();
  let isReached = false;
  const timer = setTimeout(() => upstream.destroy(), to.connectMs);
  upstream.once(to.tls ? "secureConnect" : "connect", () => {
    clearTimeout(timer);
    isReached = true;
    upstream.setNoDelay(true);
    upstream.write(headOf(request, to.headers), "latin1");
    for (const socket of [client, upstream]) socket.setTimeout(to.idleMs, () => socket.destroy());
    passAnswer(request.method, { client, upstream, first });
  });
  upstream.on("error", () => upstream.destroy());
  upstream.once("close", () => {
    clearTimeout(timer);
    if (!isReached) return resolve("unreached");
    client.destroySoon();
  });
  client.on("error", () => client.destroy());
  client.once("close", () => {
    upstream.destroy();
    resolve(client.errored || upstream.errored ? "broken" : "ended");
  });
  return promise;
}

type Ends = { readonly client: Socket; readonly upstream: Socket; readonly first: Buffer };

function passAnswer(method: string, { client, upstream, first }: Ends): void {
  const answer = new UpgradeAnswerReader(method);
  let isBegun = false;
  const onData = (chunk: Buffer): void => {
    const read = answer.read(chunk);
    switch (read.kind) {
      case "unfinished":
        isBegun = true;
        if (client.write(chunk)) return;
        upstream.pause();
        return void client.once("drain", () => upstream.resume());
      case "switched":
        upstream.off("data", onData);
        client.write(chunk);
        if (first.length > 0) upstream.write(first);
        client.pipe(upstream);
        upstream.pipe(client);
        return;
      case "declined":
        client.end(chunk.subarray(0, read.taken));
        return void upstream.destroy();
      case "malformed":
        if (!isBegun) client.end(badGateway, "latin1");
        return void upstream.destroy();
      default:
        return read satisfies never;
    }
  };
  upstream.on("data", onData);
}

const badGateway = "HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

const headOf = ({ method, path, authority, upgrade }: RequestHead, headers: HeaderList): string =>
  `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: upgrade\r\nupgrade: ${upgrade}\r\n${fieldLines(headers)}\r\n`;
