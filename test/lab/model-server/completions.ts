import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type Engine, EngineFailure, type Job } from "./engine.ts";
import type { Faults } from "./faults.ts";
import { type Dialect, type Order, usageOf } from "./openai.ts";
import { errorBody, sendJson } from "./reply.ts";

/** One order on its way to an answer. */
export type Completion = {
  readonly dialect: Dialect;
  readonly order: Order;
  readonly id: string;
  readonly faults: Faults;
  readonly arrivedMs: number;
};

/** Answers in one piece. A stream error has no stream to break, so it leaves this alone. */
export async function answerWhole(
  engine: Engine,
  completion: Completion,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { order, dialect, arrivedMs } = completion;
  const pieces: string[] = [];
  for await (const piece of engine.run({ ...order.job, arrivedMs }, signal)) pieces.push(piece);
  const text = pieces.join("");
  const content = dialect === "chat" ? { message: { role: "assistant", content: text } } : { text };
  sendJson(response, 200, {
    ...envelope(completion, dialect === "chat" ? "chat.completion" : "text_completion"),
    choices: [{ index: 0, ...content, logprobs: null, finish_reason: order.job.finishReason }],
    usage: usageOf(order.job.promptTokens, pieces.length),
  });
}

/** Answers as server-sent events, a chunk for each token, each written as it comes. */
export async function answerStream(
  engine: Engine,
  completion: Completion,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { order, dialect, faults, arrivedMs } = completion;
  const head = envelope(completion, dialect === "chat" ? "chat.completion.chunk" : "text_completion");
  const send = async (value: unknown): Promise<void> => {
    const hasRoom = response.write(`data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`);
    if (!hasRoom) await once(response, "drain", { signal });
  };
  const chunk = (delta: object, finishReason: string | null): object => ({
    ...head,
    choices: [{ index: 0, ...delta, logprobs: null, finish_reason: finishReason }],
  });

  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  if (dialect === "chat") await send(chunk({ delta: { role: "assistant", content: "" } }, null));
  const job: Job = { ...order.job, arrivedMs, failAfter: faults.streamError?.afterChunks };
  let tokens = 0;
  try {
    for await (const piece of engine.run(job, signal)) {
      tokens += 1;
      await send(chunk(dialect === "chat" ? { delta: { content: piece } } : { text: piece }, null));
    }
    await send(chunk(dialect === "chat" ? { delta: {} } : { text: "" }, order.job.finishReason));
    if (order.includeUsage) await send({ ...head, choices: [], usage: usageOf(order.job.promptTokens, tokens) });
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error;
    await send(errorBody({ code: 500, type: "InternalServerError", message: error.message }));
  }
  // After an error too: vLLM ends such a stream as if all were well, and that is what has to be seen through.
  await send("[DONE]");
  response.end();
}

/** The model's id and the object's name stand in every piece. */
function envelope({ id, order }: Completion, object: string): object {
  return { id, object, created: Math.floor(Date.now() / 1000), model: order.model };
}

/** What `/v1/models` lists. */
export function listModels(models: readonly string[]): object {
  const data = models.map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "sluice-lab",
    root: id,
    max_model_len: 8192,
  }));
  return { object: "list", data };
}
