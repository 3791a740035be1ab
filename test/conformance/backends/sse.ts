import { once } from "node:events";
import type { Exchange } from "./http.ts";
import { pause } from "./mood.ts";

/** What each event of a stream carries, beside what an OpenAI client reads. */
export type Event = { readonly servedBy: string; readonly n: number; readonly sentMs: number };

/**
 * `/sse?events=10&everyMs=200`: server-sent events as vLLM writes them, each saying who served it and when it was sent.
 * `errorAt=3`: an error in the stream after three events, then `[DONE]` as if all were well. `cutAt=3`: the connection is
 * cut there. `commentEvery=2`: a keep-alive comment after each second event. `padding=1000`: so many bytes more in each.
 */
export async function streamEvents(exchange: Exchange): Promise<void> {
  const { parts, request, response, query, signal } = exchange;
  const number = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
  const [events, everyMs] = [number("events", 10), number("everyMs", 0)];
  const [errorAt, cutAt] = [number("errorAt", -1), number("cutAt", -1)];
  const commentEvery = number("commentEvery", 0);
  const padding = "x".repeat(number("padding", 0));

  async function send(text: string): Promise<void> {
    exchange.visit.move(text.length);
    if (!response.write(text)) await once(response, "drain", { signal });
  }

  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  response.flushHeaders();
  for (let n = 0; n < events; n += 1) {
    if (n === cutAt) return void response.write(": cut\n\n", () => request.socket.destroy());
    if (n === errorAt) {
      await send(
        `data: ${JSON.stringify({ error: { message: "broken", type: "InternalServerError", code: 500 } })}\n\n`,
      );
      break;
    }
    if (n > 0 && everyMs > 0) await pause(everyMs, signal);
    const event: Event = { servedBy: parts.name, n, sentMs: performance.now() };
    await send(
      `data: ${JSON.stringify({ ...chunkOf(n, n === events - 1), ...event, ...(padding && { padding }) })}\n\n`,
    );
    if (commentEvery > 0 && n % commentEvery === commentEvery - 1) await send(": keep-alive\n\n");
  }
  await send("data: [DONE]\n\n");
  response.end();
}

const chunkOf = (n: number, isLast: boolean): object => ({
  id: "cmpl-conformance",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: `word ${n} ` }, finish_reason: isLast ? "stop" : null }],
});
