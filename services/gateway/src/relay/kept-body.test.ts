import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { keepBody } from "./kept-body.ts";

test("a second attempt gets the body from its beginning, wherever the first one broke off", async () => {
  const chunks = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(), async (pieces, at) => {
      const source = new PassThrough();
      const body = keepBody(source, 10_000);
      const first = body.attempt();
      first.resume();
      const split = at % pieces.length;
      for (const piece of pieces.slice(0, split)) source.write(piece);
      await new Promise((done) => setImmediate(done));
      const second = body.attempt();
      for (const piece of pieces.slice(split)) source.write(piece);
      source.end();
      assert.equal(await text(second), pieces.join(""));
      assert.equal(body.isHeld(), true);
      assert.equal(body.bytes(), Buffer.byteLength(pieces.join("")));
    }),
    { numRuns: 50 },
  );
});

test("past the bound nothing is held, and the one attempt goes on", async () => {
  const body = keepBody(Readable.from([Buffer.alloc(600, 1), Buffer.alloc(600, 2)]), 1_000);
  const whole = await buffer(body.attempt());
  assert.equal(whole.length, 1_200);
  assert.equal(body.isHeld(), false);
});

test("a body in a thousand pieces weighs what the pieces do, and not only their bytes", async () => {
  const body = keepBody(Readable.from(Array.from({ length: 1_000 }, () => Buffer.from("y"))), 100_000);
  assert.equal((await buffer(body.attempt())).length, 1_000);
  assert.equal(body.isHeld(), false);
});

test("it is read no faster than the attempt is", async () => {
  let given = 0;
  const source = new Readable({
    read() {
      given += 65_536;
      this.push(given > 64 * 1_048_576 ? null : Buffer.alloc(65_536));
    },
  });
  const body = keepBody(source, 1_000);
  const attempt = body.attempt();
  attempt.read(1);
  for (let turn = 0; turn < 100; turn += 1) await new Promise((done) => setImmediate(done));
  assert.ok(given < 1_048_576, `${given} bytes were read ahead`);
  attempt.resume();
  await new Promise((done) => attempt.once("end", done));
  assert.equal(body.bytes(), 64 * 1_048_576);
});
