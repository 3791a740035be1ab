import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Echo } from "../backends/http.ts";

/** A whole answer, as node's own client read it. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly servedBy: string;
  /** From asking to the answer's headers. Unit: milliseconds. */
  readonly headersMs: number;
};

export type Question = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** PEM; given for `https:`. */
  readonly ca?: string;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
};

/** Long enough that only a plane that hangs exceeds it. Unit: milliseconds. */
const patienceMs = 20_000;

/** One request by node:http or node:https, to its end. Rejects when there is no whole answer. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const begun = performance.now();
  const { response, headersMs } = await open(url, question, begun);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  if (!response.complete) throw new Error("the answer was cut");
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    trailers: response.trailers,
    body: Buffer.concat(chunks),
    servedBy: String(response.headers["x-served-by"] ?? ""),
    headersMs,
  };
}

/** One request, as far as the answer's headers; the body is the caller's. */
export function open(
  url: string,
  question: Question = {},
  begun = performance.now(),
): Promise<{ readonly response: IncomingMessage; readonly headersMs: number }> {
  const isSecure = url.startsWith("https:");
  const { headers = {}, body, ca, signal } = question;
  // Servers go by SNI as well as by Host, so the name asked for is the name in the header.
  const servername = String(headers["host"] ?? "").replace(/:\d+$/, "");
  const agent = question.agent ?? (isSecure ? new TlsAgent({ keepAlive: false }) : new Agent({ keepAlive: false }));
  // Said outright: for DELETE and OPTIONS node sends a body without a length, which is no request at all.
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const options = {
    method: question.method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...length, ...headers } as Record<string, string | string[]>,
    agent,
    // Whoever brings a signal has a patience of his own: streams of the full form last for minutes.
    signal: signal ?? AbortSignal.timeout(patienceMs),
    ...(ca === undefined ? {} : { ca, servername }),
  };
  return new Promise((resolve, reject) => {
    const asking = (isSecure ? tlsRequest : request)(url, options, (response) =>
      resolve({ response, headersMs: performance.now() - begun }),
    );
    asking.on("error", reject);
    asking.end(body);
  });
}

/** What an echo says it got. */
export const echoOf = (answer: Answer): Echo => JSON.parse(answer.body.toString()) as Echo;

/** Headers as they stood on the wire, in lower case; repeated ones in order. */
export function headersOf(raw: readonly string[], name: string): readonly string[] {
  return raw.flatMap((text, at) => (at % 2 === 0 && text.toLowerCase() === name ? [raw[at + 1] ?? ""] : []));
}
