import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { flags, frame, frameTypes } from "../../../../../test/conformance/clients/frames.ts";
import { frameBytesMax, frameType, preface } from "./codes.ts";
import {
  clientBench,
  data,
  get,
  type Heard,
  headers,
  open,
  post,
  reset,
  serverBench,
  settingsFrame,
  windowUpdate,
} from "./test-session.ts";

/*
 * Frames in an order that makes no sense, with contents that make none, cut anywhere: nothing throws, every stream ends at most once,
 * what is held is bounded, and what is said back is no more than a few bytes for each that came.
 */

const id = fc.constantFrom(0, 1, 1, 3, 3, 5, 7, 2);
const number = fc.constantFrom(0, 1, 8, 100, 65_535, 2 ** 24, 2 ** 31 - 1);
const list = fc.constantFrom(
  get,
  post,
  [...post, "content-length", "5"],
  [":status", "200"],
  [":status", "200", "content-length", "5"],
  [":status", "103"],
  ["x-trailer", "1"],
  [...get, "x", "y".repeat(20_000)],
);
const kinds = fc.oneof(
  fc.tuple(id, list, fc.constantFrom(open, open | flags.endStream, 0, flags.endStream)).map((all) => headers(...all)),
  fc.tuple(id, fc.constantFrom("", "hello", "x".repeat(9_000)), fc.boolean()).map((all) => data(...all)),
  fc.tuple(id, number).map((all) => windowUpdate(...all)),
  fc.tuple(id, number).map((all) => reset(...all)),
  fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), number), { maxLength: 3 }).map((pairs) => settingsFrame(...pairs)),
  fc.constant(frame({ type: frameTypes.ping, payload: Buffer.alloc(8) })),
  fc.uint8Array({ maxLength: 40 }).map((payload) => frame({ type: frameTypes.goaway, payload: Buffer.from(payload) })),
  fc
    .record({
      type: fc.integer({ min: 0, max: 12 }),
      flags: fc.integer({ min: 0, max: 255 }),
      stream: id,
      payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    })
    .map(frame),
);
/** What makes sense, and answers to it that do too: chaos comes into something that is going on. */
const sense = fc.constantFrom(
  [],
  [headers(1, post, open), data(1, "hello")],
  [headers(1, get), headers(3, post, open), data(3, "all", true), headers(5, [...post, "content-length", "5"], open)],
  [headers(1, [":status", "200", "content-length", "5"], open), data(1, "he"), headers(3, [":status", "200"])],
);
const spots = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
/** And a few bytes of it are others. */
const story = fc.tuple(sense, fc.array(kinds, { maxLength: 30 }), spots).map(([first, frames, spoilt]) => {
  const bytes = Buffer.concat([...first, ...frames]);
  for (const [at, byte] of spoilt) if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
});
const cuts = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 });

type Told = {
  say(piece: Buffer): readonly { readonly type: number; readonly payload: Buffer }[];
  readonly heard: readonly Heard[];
};

function play(bench: Told, bytes: Buffer, sizes: readonly number[]): void {
  let said = 0;
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[turn++ % sizes.length] as number;
    for (const { payload } of bench.say(Buffer.from(bytes.subarray(at, at + size)))) said += payload.length + 9;
    at += size;
  }
  // An empty frame of settings is answered by one as long, and a window can bring a whole answer.
  assert.ok(said <= bytes.length * 4 + answerBytes * bench.heard.length + 1_000, `${said} for ${bytes.length}`);
  for (const { ends } of bench.heard) assert.match(ends.join(), /^(end)?,?(lost|reset \d+)?$/);
}

const answerBytes = 20_000;

test("a server bears whatever comes", () => {
  let served = 0;
  fc.assert(
    fc.property(story, cuts, (bytes, sizes) => {
      const bench = serverBench();
      const before = new Set<Heard>();
      const told: Told = {
        heard: bench.heard,
        say(piece) {
          const said = [...bench.say(piece)];
          for (const heard of bench.heard) {
            if (before.has(heard)) continue;
            before.add(heard);
            bench.session.respond(heard.stream, 200, ["x", "y"], false);
            heard.stream.write(Buffer.alloc(frameBytesMax));
            heard.stream.end();
          }
          return [...said, ...bench.said()];
        },
      };
      play(told, bytes, sizes);
      served += bench.heard.length;
      assert.ok(bench.session.streams.size <= 100);
      bench.session.lost("over");
      assert.equal(bench.session.streams.size, 0);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(served > 500, `only ${served} were served`);
});

test("a client bears whatever comes, and every request ends once", () => {
  fc.assert(
    fc.property(story, cuts, (bytes, sizes) => {
      const { bench, ask } = clientBench();
      for (const method of ["GET", "HEAD", "POST"]) ask(method, method !== "POST").stream.write(Buffer.from("body"));
      bench.said();
      play(bench, bytes, sizes);
      bench.session.lost("over");
      for (const { ends } of bench.heard) assert.match(ends.join(), /^(end|lost|reset \d+|end,(lost|reset \d+))$/);
    }),
    { numRuns: 2_000 },
  );
});

test("bytes that are no frames at all are borne too", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isGreeted) => {
      const bench = serverBench({}, isGreeted ? [preface] : []);
      const said = bench.say(Buffer.from(bytes));
      assert.ok(said.every(({ type }) => type !== frameType.headers));
    }),
    { numRuns: 2_000 },
  );
});
