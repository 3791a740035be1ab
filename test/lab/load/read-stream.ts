import type { Found } from "./exchange.ts";

/** The longest line of a stream that is looked at whole. Unit: characters. */
const lineMax = 65_536;

/**
 * Reads a stream of server-sent events to its end: when the first came, and whether it ended as it should. A stream that began
 * with 200 may still fail: by an error event, or by ending without its last word.
 */
export async function readStream(body: AsyncIterable<Buffer>, startedAt: number): Promise<Omit<Found, "servedBy">> {
  let ttftMs: number | undefined;
  let error: string | undefined;
  let isDone = false;
  let rest = "";
  try {
    for await (const chunk of body) {
      const lines = `${rest}${chunk.toString("utf8")}`.split("\n");
      rest = (lines.pop() ?? "").slice(-lineMax);
      for (const line of lines) {
        if (!line.startsWith("data: ")) continue;
        ttftMs ??= performance.now() - startedAt;
        if (line === "data: [DONE]") isDone = true;
        else if (line.startsWith('data: {"error"')) error = "stream-error";
      }
    }
  } catch {
    error ??= "stream-cut";
  }
  return { ttftMs, error: error ?? (isDone ? undefined : "stream-cut") };
}
