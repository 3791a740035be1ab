import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SseEnding, watchSse } from "./sse-watch.ts";

const encoder = new TextEncoder();
const endingOf = (text: string, cuts: readonly number[] = []): SseEnding => {
  const watch = watchSse();
  const bytes = encoder.encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, place] of places.entries()) watch.see(bytes.subarray(place, places[index + 1] ?? bytes.length));
  return watch.ending();
};

const event = (content: string, finish: string | null = null): string => {
  const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: finish }];
  const chunk = {
    id: "chatcmpl-0123456789abcdef0123456789abcdef",
    object: "chat.completion.chunk",
    created: 1,
    choices,
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
};
const usage = `data: ${JSON.stringify({ id: "chatcmpl-0", choices: [], usage: { prompt_tokens: 9, total_tokens: 99 } })}\n\n`;
const done = "data: [DONE]\n\n";
const error = 'data: {"error": {"message": "EngineCore died", "type": "InternalServerError", "code": 500}}\n\n';
const start = event("Hello").repeat(20);

const table: readonly (readonly [string, string, SseEnding])[] = [
  ["the usual end", start + event("", "stop") + done, "done"],
  ["[DONE] alone", start + done, "done"],
  ["[DONE] without a last line feed", `${start}data: [DONE]`, "done"],
  ["[DONE] without a blank, and with CR LF", `${start}data:[DONE]\r\n\r\n`, "done"],
  ["a finish_reason and no [DONE]", start + event("", "length"), "done"],
  ["a finish_reason, then the usage, and no [DONE]", start + event("", "stop") + usage, "done"],
  ["an error, then [DONE], as vLLM does", start + error + done, "error"],
  ["an error as the first event", error, "error"],
  ["an error that is long", start + error.replace("died", "x".repeat(100_000)) + done, "error"],
  ["an error far from the end", error + start.repeat(50) + done, "error"],
  ["an error without blanks, that is a text", 'data:{"error":"Request failed"}\n\n', "error"],
  ["an error with blanks everywhere", 'data: \t{ "error" : { "message": "x" } }\n\n', "error"],
  ["an end that is missing", start, "cut"],
  ["a cut within an event", start.slice(0, -70), "cut"],
  ["a cut within a very long event", event("x".repeat(10_000)).slice(0, -500), "cut"],
  ["nothing at all", "", "unmarked"],
  ["comments only", ": keep-alive\n\n".repeat(100), "unmarked"],
  ["another kind of stream", 'event: tick\ndata: {"at": 1}\n\n'.repeat(100), "unmarked"],
  ["plain text", "data: hello\n\ndata: world\n\n", "unmarked"],
  ['"error":null in every event', 'data: {"error":null,"token":"x"}\n\n'.repeat(10), "unmarked"],
  ["an error field that isn't the first", 'data: {"token":"x","error":{}}\n\n', "unmarked"],
  ["a field that only begins so", 'data: {"errors":{"a":1}}\n\ndata: [DONE2]\n\n', "unmarked"],
  ["[DONE] that is no data", "event: [DONE]\n\nid: [DONE]\n\n[DONE]\n", "unmarked"],
];

for (const [name, text, expected] of table) {
  test(`${name}: ${expected}, however it is cut into chunks`, () => {
    assert.equal(endingOf(text), expected);
    const bytes = encoder.encode(text);
    const watch = watchSse();
    for (let at = 0; at < bytes.length; at += 1) watch.see(bytes.subarray(at, at + 1));
    assert.equal(watch.ending(), expected);
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 20 }), (cuts) =>
        assert.equal(endingOf(text, cuts), expected),
      ),
      { numRuns: 50 },
    );
  });
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        done,
        error,
        usage,
        ": ping\n\n",
        "\n",
        "\r\n",
        "data",
        "data:",
        ' {"error"',
        ": {",
        "[DONE]",
        '"choices"',
      ),
      fc.string().map((content) => event(content)),
      fc.string({ unit: "binary" }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

test("any bytes, cut anyhow, give the answer that they give whole", () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(100_000), { maxLength: 40 }), (text, cuts) => {
      assert.equal(endingOf(text, cuts), endingOf(text));
    }),
    { numRuns: 500 },
  );
});

test("what a model writes is never taken for an end or an error", () => {
  const evil = 'data: [DONE]\n\ndata: {"error": {}}\n\n"finish_reason":"stop"';
  assert.equal(endingOf(event(evil)), "cut");
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(evil), fc.string({ unit: "binary" })), { minLength: 1 }), (contents) => {
      assert.equal(endingOf(contents.map((content) => event(content)).join("")), "cut");
    }),
  );
});

test("it may be asked at any time and goes on", () => {
  const watch = watchSse();
  watch.see(encoder.encode(start));
  assert.equal(watch.ending(), "cut");
  watch.see(encoder.encode(done));
  assert.equal(watch.ending(), "done");
});
