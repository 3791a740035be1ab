import assert from "node:assert/strict";
import type { Socket } from "node:net";
import {
  flags,
  frame,
  frameTypes,
  getFrame,
  type HeaderList,
  parseFrames,
  preface,
  resetFrame,
} from "./clients/frames.ts";
import { openHttp2 } from "./clients/http2.ts";
import { many } from "./clients/load.ts";
import { openLine } from "./clients/raw.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";

const mebi = 2 ** 20;
const hello = Buffer.concat([preface, frame({ type: frameTypes.settings })]);

onEachPlane({}, (scenario) => {
  scenario("bad input: a rapid reset is ended, and costs the backends little", ["h2c", "memory"], async (scene, t) => {
    const streams = 20_000;
    const pieces = Array.from({ length: streams }, (_, index) => {
      const stream = index * 2 + 1;
      return Buffer.concat([getFrame(stream, scene.host), resetFrame(stream, 8)]);
    });
    const { isEnded } = await flood(scene, pieces);
    const reached = scene.pools.all.reduce((all, one) => all + one.ledger.total(), 0);
    t.diagnostic(
      `${reached} of ${streams} requests reached a backend; the connection was ${isEnded ? "" : "not "}ended`,
    );
    assert.ok(isEnded || reached < streams / 10, `${reached} of ${streams} requests reached a backend`);
  });

  for (const [what, piece] of [
    ["settings", frame({ type: frameTypes.settings, payload: Buffer.from([0, 4, 0, 1, 0, 0]) })],
    ["pings", frame({ type: frameTypes.ping, payload: Buffer.alloc(8) })],
    ["empty frames", frame({ type: frameTypes.data, stream: 1 })],
  ] as const)
    scenario(
      `bad input: a flood of ${what} is borne or ended, and costs little`,
      ["h2c", "memory"],
      async (scene, t) => {
        const begin = what === "empty frames" ? [openPost(scene.host)] : [];
        const { isEnded } = await flood(scene, [...begin, ...Array.from({ length: 50_000 }, () => piece)]);
        t.diagnostic(isEnded ? "the connection was ended" : "the connection was borne");
      },
    );

  scenario("bad input: headers that never end are refused", ["h2c", "memory"], async (scene) => {
    const first = frame({ type: frameTypes.headers, stream: 1, payload: getFrame(1, scene.host).subarray(9) });
    const more = Array.from({ length: 2_000 }, () =>
      frame({
        type: frameTypes.continuation,
        stream: 1,
        payload: Buffer.from(`\0\x05x-mor${"\x7f\x80\x7f"}${"a".repeat(16_000)}`, "latin1"),
      }),
    );
    const { isEnded } = await flood(scene, [first, ...more]);
    assert.ok(isEnded);
  });

  const bad: readonly (readonly [what: string, more: HeaderList])[] = [
    ["transfer-encoding", [["transfer-encoding", "chunked"]]],
    ["connection", [["connection", "x-call"]]],
    ["a name in upper case", [["X-Bad", "1"]]],
    ["a length that is no number", [["content-length", "five"]]],
    ["a second path", [[":path", "/smuggled"]]],
  ];
  for (const [what, more] of bad)
    scenario(`bad input: HTTP/2 with ${what} never gets as far as a backend`, ["h2c"], async (scene) => {
      await flood(scene, [getFrame(1, scene.host, [["x-call", "malformed"], ...more])]);
      assert.deepEqual([scene.pools.timesHeard("malformed"), scene.pools.timesHeard("smuggled")], [0, 0]);
    });

  scenario(
    "bad input: HTTP/2 with a length and no body never gets as far as a backend",
    ["h2c", "h2-lengths"],
    async (scene) => {
      await flood(scene, [
        getFrame(1, scene.host, [
          ["x-call", "malformed"],
          ["content-length", "5"],
        ]),
      ]);
      assert.equal(scene.pools.timesHeard("malformed"), 0);
    },
  );

  for (const [what, header] of [
    ["value", ["x-bad", "a\r\nx-call: smuggled"]],
    ["name", ["x-bad: 1\r\nx-call", "smuggled"]],
  ] as const)
    scenario(
      `bad input: HTTP/2 with a line break in a ${what} is refused, or passed on without that header`,
      ["h2c"],
      async (scene) => {
        await flood(scene, [getFrame(1, scene.host, [header, ["x-call", "seen"]])]);
        assert.equal(scene.pools.timesHeard("smuggled"), 0);
        const heard = scene.pools.all.flatMap((one) => one.ledger.heard("seen"));
        assert.deepEqual(
          heard.flatMap(({ headers }) => Object.keys(headers).filter((name) => name.startsWith("x-bad"))),
          [],
        );
      },
    );

  scenario("bad input: more streams at once than are allowed are refused one by one", ["h2c"], async (scene) => {
    await scene.pools.setMood({}, { afterMs: 300 });
    await using h2 = await openHttp2(scene.url());
    const codes = await many(600, 600, async () =>
      h2.ask({ ":path": "/echo", ":authority": scene.host }).then(
        ({ headers, code }) => (code === 0 ? String(headers[":status"]) : `reset ${code}`),
        (error: Error) => error.message,
      ),
    );
    assert.ok(
      codes.every((code) => code === "200" || code === "503" || code.startsWith("reset")),
      [...new Set(codes)].join(),
    );
    assert.ok(codes.filter((code) => code === "200").length >= 100);
  });
});

const openPost = (host: string): Buffer => {
  const get = getFrame(1, host);
  get.writeUInt8(flags.endHeaders, 4);
  return get;
};

/** Writes it all, listens for a moment, and sees to it that the plane is well and has not grown. */
async function flood(scene: Scene, pieces: readonly Buffer[]): Promise<{ readonly isEnded: boolean }> {
  const measure = async () => (scene.kind.lacks.memory ? 0 : scene.plane.residentBytes("site-a"));
  const before = await measure();
  const line = await openLine(scene.door());
  let isClosed = false;
  const chunks: Buffer[] = [];
  line.on("error", () => undefined);
  line.on("close", () => {
    isClosed = true;
  });
  line.on("data", (chunk: Buffer) => chunks.push(chunk));
  line.write(hello);
  await writeAll(line, pieces);
  // Others are served meanwhile, and promptly.
  await using crowd = scene.crowd();
  const seen = [await crowd.ask()];
  assert.ok(seen.every(({ status, headersMs }) => status === 200 && headersMs < 3_000));
  await new Promise((done) => setTimeout(done, 150));
  const isBidden = parseFrames(Buffer.concat(chunks)).some(({ type }) => type === frameTypes.goaway);
  const grown = (await measure()) - before;
  assert.ok(grown < 64 * mebi, `the plane grew by ${grown / mebi} MiB`);
  line.destroy();
  return { isEnded: isClosed || isBidden };
}

async function writeAll(line: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < pieces.length && line.writable; at += 500) {
    const isTaken = line.write(Buffer.concat(pieces.slice(at, at + 500)));
    if (isTaken) continue;
    await new Promise<void>((done) => {
      line.once("drain", done);
      line.once("close", done);
      // A plane that stops reading has ended the flood too.
      setTimeout(done, 2_000).unref();
    });
  }
}
