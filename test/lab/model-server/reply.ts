import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "./openai.ts";

/** Sends a whole JSON answer. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Sends an error in OpenAI's shape, as vLLM writes it. */
export function sendError(response: ServerResponse, error: ApiError): void {
  sendJson(response, error.code, errorBody(error));
}

export function errorBody({ message, type, param, code }: ApiError): { readonly error: object } {
  return { error: { message, type, param: param ?? null, code } };
}

/** How long a body may take to arrive. Unit: milliseconds. */
const bodyMs = 10_000;

/** Reads a body of at most `bytesMax`; undefined when it is larger. Rejects when it stalls or the caller leaves. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const deadline = setTimeout(() => request.destroy(new Error("the body stalled")), bodyMs);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Leaving the loop must not destroy the request, for its socket is to carry the refusal; node drops what still comes.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    clearTimeout(deadline);
  }
}
