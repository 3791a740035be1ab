import { makeHistogram } from "./histogram.ts";

/** How a request for tokens ended, in vLLM's words. */
export type FinishReason = "stop" | "length" | "abort" | "error";

/** vLLM's metrics, as far as a gateway or an endpoint picker reads them. */
export type Metrics = {
  started(promptTokens: number, queuedMs: number): void;
  firstToken(sinceArrivalMs: number): void;
  nextToken(sincePreviousMs: number): void;
  finished(reason: FinishReason, sinceArrivalMs: number): void;
  /** Prometheus text, version 0.0.4. */
  render(waiting: number): string;
};

/** What the pretended accelerator holds at once; use of the KV cache is reckoned from it. */
const sequencesMax = 64;

// Buckets as in vLLM, unit seconds, so that a dashboard made for it fits.
const firstTokenBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const tokenBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const requestBuckets = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

/** Written by hand and not with prom-client, because six of these run beside everything else on one small machine. */
export function makeMetrics(model: string): Metrics {
  const labels = `engine="0",model_name="${model.replaceAll(/[\\"]/g, "\\$&")}"`;
  const firstToken = makeHistogram("vllm:time_to_first_token_seconds", labels, firstTokenBuckets);
  const interToken = makeHistogram("vllm:inter_token_latency_seconds", labels, tokenBuckets);
  const request = makeHistogram("vllm:e2e_request_latency_seconds", labels, requestBuckets);
  const queue = makeHistogram("vllm:request_queue_time_seconds", labels, requestBuckets);
  const finished: Record<FinishReason, number> = { stop: 0, length: 0, abort: 0, error: 0 };
  let running = 0;
  let promptTokens = 0;
  let generatedTokens = 0;

  function sample(name: string, type: "counter" | "gauge", value: number): string[] {
    return [`# TYPE ${name} ${type}`, `${name}{${labels}} ${value}`];
  }

  return {
    started(tokens, queuedMs) {
      running += 1;
      promptTokens += tokens;
      queue.observe(queuedMs / 1000);
    },
    firstToken(sinceArrivalMs) {
      generatedTokens += 1;
      firstToken.observe(sinceArrivalMs / 1000);
    },
    nextToken(sincePreviousMs) {
      generatedTokens += 1;
      interToken.observe(sincePreviousMs / 1000);
    },
    finished(reason, sinceArrivalMs) {
      running -= 1;
      finished[reason] += 1;
      request.observe(sinceArrivalMs / 1000);
    },
    render(waiting) {
      const lines = [
        ...sample("vllm:num_requests_running", "gauge", running),
        ...sample("vllm:num_requests_waiting", "gauge", waiting),
        "# TYPE vllm:num_requests_waiting_by_reason gauge",
        `vllm:num_requests_waiting_by_reason{${labels},reason="capacity"} ${waiting}`,
        `vllm:num_requests_waiting_by_reason{${labels},reason="deferred"} 0`,
        ...sample("vllm:kv_cache_usage_perc", "gauge", Math.min(1, running / sequencesMax)),
        "# TYPE vllm:cache_config_info gauge",
        `vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1024"} 1`,
        ...sample("vllm:prompt_tokens_total", "counter", promptTokens),
        ...sample("vllm:generation_tokens_total", "counter", generatedTokens),
        // Every prompt is looked up in a cache that keeps nothing.
        ...sample("vllm:prefix_cache_queries_total", "counter", promptTokens),
        ...sample("vllm:prefix_cache_hits_total", "counter", 0),
        ...sample("vllm:num_preemptions_total", "counter", 0),
        "# TYPE vllm:request_success_total counter",
        ...Object.entries(finished).map(
          ([reason, count]) => `vllm:request_success_total{${labels},finished_reason="${reason}"} ${count}`,
        ),
        ...[firstToken, interToken, request, queue].flatMap((histogram) => histogram.render()),
      ];
      return `${lines.join("\n")}\n`;
    },
  };
}
