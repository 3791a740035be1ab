import { STATUS_CODES } from "node:http";
import type { Inbound } from "./inbound.ts";

/** An answer that the gateway gives itself, since no pool could. */
export type OwnAnswer = {
  readonly status: number;
  /** For gRPC clients, which read the trailers (doc/statuscodes.md of grpc/grpc). */
  readonly grpcStatus: number;
  /** The value of `x-sluice-reason`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly because: string;
};

/** A problem document (RFC 9457), or a trailers-only gRPC answer with the same sentence. */
export function answerOwn(inbound: Inbound, isGrpc: boolean, answer: OwnAnswer): void {
  if (isGrpc) {
    const message = encodeURIComponent(answer.because);
    const status = ["grpc-status", String(answer.grpcStatus), "grpc-message", message];
    inbound.respond(200, ["content-type", "application/grpc", ...status, "x-sluice-reason", answer.reason], "empty");
    return;
  }
  const title = STATUS_CODES[answer.status] ?? "Error";
  const document = { type: "about:blank", title, status: answer.status, detail: answer.because, reason: answer.reason };
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  const headers = ["content-type", "application/problem+json", "content-length", String(body.length)];
  inbound.respond(answer.status, [...headers, "x-sluice-reason", answer.reason], "body");
  if (inbound.method !== "HEAD") inbound.write(body, false);
  inbound.end();
}
