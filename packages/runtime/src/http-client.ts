import type { ClientRequest } from "node:http";
import https from "node:https";
import { SluiceError } from "@sluice/core";

// Imported as a module, node:http reads all its exports, WebSocket among them, and that loads undici: 11 MB in every process.
const http = process.getBuiltinModule("node:http");

/** Connections are kept for the next request; one that isn't used again soon is closed. */
const keeping = { keepAlive: true, timeout: 10_000 };
const agents = { "http:": new http.Agent(keeping), "https:": new https.Agent(keeping) };

export type Ask = {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly token?: string;
  readonly body?: unknown;
  /** Beside those that every request has. Lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** How long nothing at all may arrive: a long answer may take its time, and one that doesn't come is given up soon. Default: `timeoutMs`. */
  readonly silentMs?: number;
  /** Unit: bytes. Default 1 MiB. A longer answer is an error, not a truncated one. */
  readonly bytesMax?: number;
  readonly signal?: AbortSignal;
};

export type Answer = { readonly status: number; readonly body: unknown };

/** Never read: who asked is told of the deadline, or the reason of his own signal. */
const cutOff = new Error("cut off");

/**
 * One JSON request. Rejects with UNREACHABLE or TIMEOUT, both transient, or with the reason of an aborted signal. The deadline is
 * a timer that ends with the request: an `AbortSignal.timeout` fires in any case, long after the answer, with an exception and all.
 */
export async function request(ask: Ask): Promise<Answer> {
  let outgoing: ClientRequest | undefined;
  let late: string | undefined;
  const cut = (): void => void outgoing?.destroy(cutOff);
  const after = (ms: number, what: string): NodeJS.Timeout =>
    setTimeout(() => {
      late ??= what;
      cut();
    }, ms);
  const deadline = after(ask.timeoutMs, `did not answer within ${ask.timeoutMs} ms`);
  const silence = ask.silentMs === undefined ? undefined : after(ask.silentMs, `sent nothing for ${ask.silentMs} ms`);
  ask.signal?.addEventListener("abort", cut, { once: true });
  try {
    ask.signal?.throwIfAborted();
    outgoing = begin(ask);
    return await answerTo(outgoing, ask.bytesMax ?? 1_048_576, () => silence?.refresh());
  } catch (cause) {
    if (ask.signal?.aborted) throw ask.signal.reason;
    if (cause instanceof SluiceError) throw cause;
    if (late !== undefined) throw new SluiceError("TIMEOUT", `${ask.url} ${late}`, { cause, transient: true });
    throw new SluiceError("UNREACHABLE", `${ask.url}: ${(cause as Error).message}`, { cause, transient: true });
  } finally {
    clearTimeout(deadline);
    clearTimeout(silence);
    ask.signal?.removeEventListener("abort", cut);
  }
}

function begin(ask: Ask): ClientRequest {
  const url = new URL(ask.url);
  const isSecure = url.protocol === "https:";
  const body = ask.body === undefined ? undefined : Buffer.from(JSON.stringify(ask.body));
  const outgoing = (isSecure ? https : http).request(url, {
    agent: agents[isSecure ? "https:" : "http:"],
    method: ask.method ?? "GET",
    headers: {
      ...ask.headers,
      accept: "application/json",
      ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": body.length }),
    },
  });
  outgoing.end(body);
  return outgoing;
}

function answerTo(outgoing: ClientRequest, bytesMax: number, onBytes: () => void): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  outgoing.on("error", reject);
  outgoing.once("response", (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      onBytes();
      bytes += chunk.length;
      if (bytes > bytesMax) {
        response.destroy();
        reject(new SluiceError("BODY_TOO_LARGE", `the answer is longer than ${bytesMax} bytes`));
      } else chunks.push(chunk);
    });
    response.once("end", () => resolve({ status: response.statusCode ?? 0, body: parse(chunks) }));
    response.on("error", reject);
  });
  return promise;
}

function parse(chunks: readonly Buffer[]): unknown {
  if (chunks.length === 0) return undefined;
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
