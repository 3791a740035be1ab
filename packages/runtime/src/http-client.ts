import { SluiceError } from "@sluice/core";
import { Agent, request as send } from "undici";

/** Keep-alive connections; a peer that went silent is given up quickly. Limits are set on each request. */
const agent = new Agent({ connect: { timeout: 2_000 }, keepAliveTimeout: 10_000, headersTimeout: 0, bodyTimeout: 0 });

export type Ask = {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly token?: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Unit: bytes. Default 1 MiB. A longer answer is an error, not a truncated one. */
  readonly bytesMax?: number;
  readonly signal?: AbortSignal;
};

export type Answer = { readonly status: number; readonly body: unknown };

/** One JSON request. Rejects with UNREACHABLE or TIMEOUT, both transient, or with the reason of an aborted signal. */
export async function request(ask: Ask): Promise<Answer> {
  const deadline = AbortSignal.timeout(ask.timeoutMs);
  const signal = ask.signal ? AbortSignal.any([ask.signal, deadline]) : deadline;
  try {
    const response = await send(ask.url, {
      dispatcher: agent,
      method: ask.method ?? "GET",
      signal,
      headers: {
        accept: "application/json",
        ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
        ...(ask.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
    return { status: response.statusCode, body: await readBody(response.body, ask.bytesMax ?? 1_048_576) };
  } catch (cause) {
    if (ask.signal?.aborted) throw ask.signal.reason;
    if (cause instanceof SluiceError) throw cause;
    if (deadline.aborted)
      throw new SluiceError("TIMEOUT", `${ask.url} did not answer within ${ask.timeoutMs} ms`, {
        cause,
        transient: true,
      });
    throw new SluiceError("UNREACHABLE", `${ask.url}: ${(cause as Error).message}`, { cause, transient: true });
  }
}

async function readBody(body: AsyncIterable<Buffer>, bytesMax: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new SluiceError("BODY_TOO_LARGE", `the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
