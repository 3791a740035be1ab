import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { type Asking, type Found, patienceMs } from "./exchange.ts";
import { readStream } from "./read-stream.ts";

export interface Sender {
  /** Never rejects: what goes wrong is what is to be found out. */
  send(asking: Asking, signal: AbortSignal): Promise<Found>;
  close(): void;
}

/** HTTP/1.1 over connections that are kept, as clients keep theirs; a gateway that drains must get rid of them. */
export function makeHttpSender(): Sender {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  return {
    async send(asking, signal) {
      const startedAt = performance.now();
      try {
        const response = await begin(asking, { agent, signal });
        const headMs = performance.now() - startedAt;
        const servedBy = textOf(response.headers["x-served-by"]);
        const status = response.statusCode ?? 0;
        if (status !== 200) {
          response.resume();
          const reason = textOf(response.headers["x-sluice-reason"]);
          return { servedBy, ttftMs: undefined, error: reason === undefined ? `${status}` : `${status} ${reason}` };
        }
        if (asking.kind === "stream") return { servedBy, ...(await readStream(response, startedAt)) };
        for await (const _ of response) {
          // Read to its end: an answer that breaks off is a lost one.
        }
        return { servedBy, ttftMs: headMs, error: undefined };
      } catch (error) {
        return { servedBy: undefined, ttftMs: undefined, error: nameOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

type With = { readonly agent: Agent; readonly signal: AbortSignal };

function begin(asking: Asking, { agent, signal }: With): Promise<IncomingMessage> {
  const isStream = asking.kind === "stream";
  const messages = [{ role: "user", content: "How are you today?" }];
  const body = JSON.stringify({ model: asking.model, messages, stream: isStream, max_tokens: isStream ? 20 : 4 });
  return new Promise((settle, fail) => {
    const outgoing: ClientRequest = request({
      host: asking.at.address,
      port: asking.at.port,
      agent,
      signal,
      method: "POST",
      path: "/v1/chat/completions",
      headers: {
        host: asking.host,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...(asking.user === undefined ? {} : { "x-user-id": asking.user }),
      },
    });
    outgoing.setTimeout(patienceMs, () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "timeout" })));
    outgoing.once("response", settle).on("error", fail).end(body);
  });
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const nameOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;
