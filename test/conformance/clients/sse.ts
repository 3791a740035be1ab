import type { Event } from "../backends/sse.ts";
import { open, type Question } from "./http.ts";

/** One stream of server-sent events, read as it came. */
export type Stream = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly headersMs: number;
  readonly events: readonly Arrived[];
  /** Comment lines, which keep a connection alive and mean nothing else. */
  readonly comments: number;
  /** `done`: with `[DONE]` and the body's end. `ended`: the body's end alone. `cut`: neither. `left`: by ourselves. */
  readonly end: "done" | "ended" | "cut" | "left";
  /** Every byte, in order. */
  readonly text: string;
};

/** An event, or what else stood after `data:`, and when it came by `performance.now()`. */
export type Arrived = { readonly atMs: number; readonly data: Partial<Event> & { readonly error?: object } };

/** Reads a stream to its end, by node:http; `onEvent` hears each event as it comes. */
export async function readStream(
  url: string,
  question: Question = {},
  onEvent: (event: Arrived) => void = () => undefined,
): Promise<Stream> {
  const leave = new AbortController();
  const signal = question.signal ? AbortSignal.any([question.signal, leave.signal]) : leave.signal;
  // A stream may last for minutes: no patience of its own here, the caller's signal ends it.
  const { response, headersMs } = await open(url, { ...question, signal: question.signal ?? leave.signal });
  const events: Arrived[] = [];
  let [comments, text, rest, isDone] = [0, "", "", false];
  let end: Stream["end"] = "ended";
  response.setEncoding("utf8");
  try {
    for await (const piece of response as AsyncIterable<string>) {
      text += piece;
      const blocks = (rest + piece).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        if (block.startsWith(":")) comments += 1;
        if (!block.startsWith("data: ")) continue;
        if (block === "data: [DONE]") isDone = true;
        else {
          const arrived = { atMs: performance.now(), data: JSON.parse(block.slice(6)) as Arrived["data"] };
          events.push(arrived);
          onEvent(arrived);
        }
      }
    }
    if (!response.complete) end = "cut";
  } catch {
    end = signal.aborted ? "left" : "cut";
  }
  if (end === "ended" && isDone) end = "done";
  return { status: response.statusCode ?? 0, headers: response.headers, headersMs, events, comments, end, text };
}
