import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyStream } from "./body-stream.ts";

test("a small part of what was read doesn't keep all of it; a large part is kept as it is", () => {
  const read = Buffer.allocUnsafeSlow(65_536).fill("x");
  for (const [bytes, held] of [
    [1, 1],
    [60_000, 65_536],
  ] as const) {
    const stream = new BodyStream({ resume: () => undefined });
    stream.pushPart(read.subarray(0, bytes));
    const taken = stream.read() as Buffer;
    assert.deepEqual([taken.length, taken.buffer.byteLength], [bytes, held]);
  }
});
