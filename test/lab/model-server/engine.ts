import { setTimeout as sleep } from "node:timers/promises";
import type { FinishReason, Metrics } from "./metrics.ts";

/** Longest answer in tokens, the model's "context length". */
export const maxTokensLimit = 8192;

/** Length of an answer whose caller sets no limit: the model stops by itself. Unit: tokens. */
const naturalTokens = 16;

/** A request for tokens that was found in order. */
export type Job = {
  readonly promptTokens: number;
  readonly tokens: number;
  readonly finishReason: "stop" | "length";
  /** `performance.now()` when the request came in. */
  readonly arrivedMs: number;
  /** Break down after this many tokens (or after the last, if there are fewer). */
  readonly failAfter?: number | undefined;
};

/** The engine broke down midway. */
export class EngineFailure extends Error {
  override readonly name = "EngineFailure";
}

/** Makes tokens; a stand-in for the accelerator. */
export type Engine = { run(job: Job, signal: AbortSignal): AsyncGenerator<string, void> };

/** How long an answer will be, and why it ends there. `asked` is undefined when the caller sets no limit. */
export function planLength(asked: number | undefined): Pick<Job, "tokens" | "finishReason"> {
  return asked === undefined
    ? { tokens: naturalTokens, finishReason: "stop" }
    : { tokens: asked, finishReason: "length" };
}

/** One word is one token here. */
export function countTokens(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

/** `tokenMs` is the time each token takes; 0 still yields to other requests between tokens. */
export function makeEngine(servedBy: string, tokenMs: number, metrics: Metrics): Engine {
  const words = `Served by ${servedBy} : water finds its level through whichever gate stands open today .`.split(" ");

  return {
    async *run(job, signal) {
      const startedMs = performance.now();
      metrics.started(job.promptTokens, startedMs - job.arrivedMs);
      let reason: FinishReason = "abort";
      let previousMs = startedMs;
      try {
        for (let index = 0; index < job.tokens; index += 1) {
          if (index === job.failAfter) break;
          await sleep(tokenMs, undefined, { signal });
          const nowMs = performance.now();
          if (index === 0) metrics.firstToken(nowMs - job.arrivedMs);
          else metrics.nextToken(nowMs - previousMs);
          previousMs = nowMs;
          yield (index === 0 ? "" : " ") + (words[index % words.length] ?? "");
        }
        reason = job.failAfter === undefined ? job.finishReason : "error";
        if (job.failAfter !== undefined) throw new EngineFailure("the engine broke down while generating");
      } finally {
        // A caller that leaves early ends the generator at its yield, and that is an abort.
        metrics.finished(reason, performance.now() - job.arrivedMs);
      }
    },
  };
}
