import type { ProbeConfig } from "@sluice/core";
import { fetchOnce } from "./fetch-once.ts";
import type { Attempt } from "./look.ts";

/** Well when `/v1/models` lists the model and, with `generate`, when it gives one token. */
export const lookModel =
  (probe: Extract<ProbeConfig, { kind: "model" }>): Attempt =>
  async (pinned, options) => {
    const listed = await fetchOnce(pinned, { path: "/v1/models", tls: probe.tls }, options);
    if (listed.status !== 200) throw new Error(`/v1/models: status ${listed.status}`);
    if (!modelIds(listed.body).includes(probe.model)) throw new Error(`/v1/models does not list ${probe.model}`);
    if (!probe.generate) return undefined;
    const startedAt = performance.now();
    let firstTokenMs: number | undefined;
    let text = "";
    const { status } = await fetchOnce(
      pinned,
      {
        path: "/v1/completions",
        tls: probe.tls,
        json: { model: probe.model, prompt: "ping", max_tokens: 1, stream: true },
        onPiece: (piece) => {
          text += piece.toString("utf8");
          if (text.includes('"choices"')) firstTokenMs ??= performance.now() - startedAt;
        },
      },
      options,
    );
    if (status !== 200) throw new Error(`/v1/completions: status ${status}`);
    // An engine may answer 200 and put its failure in the stream.
    if (firstTokenMs === undefined || text.includes('"error"')) throw new Error("/v1/completions gave no token");
    return { firstTokenMs };
  };

function modelIds(body: string): unknown[] {
  const value: unknown = JSON.parse(body);
  const data = typeof value === "object" && value !== null && "data" in value ? value.data : undefined;
  if (!Array.isArray(data)) return [];
  return data.map((entry: unknown) => (typeof entry === "object" && entry !== null && "id" in entry ? entry.id : ""));
}
