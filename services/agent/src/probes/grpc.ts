import { connect } from "node:http2";
import type { ProbeConfig } from "@sluice/core";
import { authorityOf, bodyBytesMax } from "./fetch-once.ts";
import type { Attempt } from "./look.ts";
import { tlsOptions } from "./tls.ts";

/** Well when `grpc.health.v1.Health/Check` says SERVING. Framed by hand: a whole gRPC library costs an agent 20 MB. */
export const lookGrpc =
  (probe: Extract<ProbeConfig, { kind: "grpc" }>): Attempt =>
  async (pinned, { localAddress, signal }) => {
    const tls = await tlsOptions(probe.tls);
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const host = pinned.address.includes(":") ? `[${pinned.address}]` : pinned.address;
    const session = connect(`${probe.tls ? "https" : "http"}://${host}:${pinned.port}`, {
      ...tls,
      ...(localAddress ? { localAddress } : {}),
    });
    const cut = (): void => reject(signal.reason);
    signal.addEventListener("abort", cut, { once: true });
    session.on("error", reject).on("close", () => reject(new Error("connection closed")));
    try {
      const stream = session.request({
        ":method": "POST",
        ":authority": authorityOf(pinned, probe.tls),
        ":path": "/grpc.health.v1.Health/Check",
        "content-type": "application/grpc",
        te: "trailers",
      });
      const pieces: Buffer[] = [];
      let bytes = 0;
      let grpcStatus: string | string[] | undefined;
      stream.on("error", reject).on("response", (headers) => (grpcStatus ??= headers["grpc-status"]));
      stream.on("trailers", (trailers) => (grpcStatus ??= trailers["grpc-status"]));
      stream.on("data", (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > bodyBytesMax) reject(new Error(`body larger than ${bodyBytesMax} bytes`));
        else pieces.push(piece);
      });
      stream.on("end", () => {
        const because = whyNotServing(grpcStatus, Buffer.concat(pieces));
        if (because === undefined) resolve(undefined);
        else reject(new Error(because));
      });
      stream.end(frame(probe.service));
      return await promise;
    } finally {
      signal.removeEventListener("abort", cut);
      session.destroy();
    }
  };

/** A length-prefixed HealthCheckRequest: field 1, the service's name. */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  const length = name.length < 128 ? [name.length] : [(name.length & 0x7f) | 0x80, name.length >> 7];
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** HealthCheckResponse has one field: 1 is SERVING. */
function whyNotServing(grpcStatus: string | string[] | undefined, body: Buffer): string | undefined {
  if (grpcStatus !== "0") return `grpc-status ${grpcStatus?.toString() ?? "missing"}`;
  const serving = body.length === 7 && body[0] === 0 && body[5] === 0x08 && body[6] === 1;
  return serving ? undefined : "not SERVING";
}
