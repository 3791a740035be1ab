import type { IncomingMessage } from "node:http";
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

/** One JSON request. Rejects with UNREACHABLE or TIMEOUT, both transient, or with the reason of an aborted signal. */
export async function request(ask: Ask): Promise<Answer> {
  const deadline = AbortSignal.timeout(ask.timeoutMs);
  const silence = new AbortController();
  const timer = ask.silentMs === undefined ? undefined : setTimeout(() => silence.abort(), ask.silentMs);
  const signal = AbortSignal.any([...(ask.signal ? [ask.signal] : []), deadline, ...(timer ? [silence.signal] : [])]);
  const onBytes = (): void => void timer?.refresh();
  try {
    const response = await send(ask, signal);
    return { status: response.statusCode ?? 0, body: await readBody(response, ask.bytesMax ?? 1_048_576, onBytes) };
  } catch (cause) {
    if (ask.signal?.aborted) throw ask.signal.reason;
    if (cause instanceof SluiceError) throw cause;
    if (deadline.aborted || silence.signal.aborted) throw timedOut(ask, silence.signal.aborted, cause);
    throw new SluiceError("UNREACHABLE", `${ask.url}: ${(cause as Error).message}`, { cause, transient: true });
  } finally {
    clearTimeout(timer);
  }
}

function timedOut({ url, timeoutMs, silentMs }: Ask, isSilent: boolean, cause: unknown): SluiceError {
  const what = isSilent ? `sent nothing for ${silentMs} ms` : `did not answer within ${timeoutMs} ms`;
  return new SluiceError("TIMEOUT", `${url} ${what}`, { cause, transient: true });
}

function send(ask: Ask, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(ask.url);
  const isSecure = url.protocol === "https:";
  const body = ask.body === undefined ? undefined : Buffer.from(JSON.stringify(ask.body));
  return new Promise((settle, fail) => {
    const outgoing = (isSecure ? https : http).request(url, {
      agent: agents[isSecure ? "https:" : "http:"],
      method: ask.method ?? "GET",
      signal,
      headers: {
        ...ask.headers,
        accept: "application/json",
        ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json", "content-length": body.length }),
      },
    });
    outgoing.once("response", settle).on("error", fail).end(body);
  });
}

async function readBody(body: AsyncIterable<Buffer>, bytesMax: number, onBytes: () => void): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    onBytes();
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
