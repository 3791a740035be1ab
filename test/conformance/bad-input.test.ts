import assert from "node:assert/strict";
import { until } from "../scenarios/world/until.ts";
import { many } from "./clients/load.ts";
import { type Heard, openLine, say } from "./clients/raw.ts";
import { isFull } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import { shapes } from "./smuggling.ts";

const kibi = 1_024;

onEachPlane({}, (scenario) => {
  for (const { what, bytes, mayPass, needs = [] } of shapes) {
    scenario(`bad input: ${what}`, needs, async (scene) => {
      const pieces = bytes(scene.host);
      const heard = await say(scene.door(), pieces, { quietMs: 400, everyMs: pieces.length > 1 ? 30 : 0 });
      // Whatever the answer, no backend may have seen what hides in the first request as a request of its own.
      assert.equal(scene.pools.timesHeard("smuggled"), 0, heard.text);
      assertRefused(heard, mayPass === true);
      assert.equal((await scene.ask("/echo")).status, 200);
    });
  }

  scenario("bad input: headers too long, too many, and a path too long", [], async (scene) => {
    const head = `GET /echo HTTP/1.1\r\nhost: ${scene.host}\r\n`;
    const rows: readonly (readonly [what: string, text: string, statuses: readonly number[]])[] = [
      ["one header of 256 KiB", `${head}x-long: ${"a".repeat(256 * kibi)}\r\n\r\n`, [400, 431]],
      [
        "4,000 headers",
        `${head}${Array.from({ length: 4_000 }, (_, index) => `x-${index}: 1\r\n`).join("")}\r\n`,
        [400, 431],
      ],
      ["a path of 256 KiB", `GET /${"a".repeat(256 * kibi)} HTTP/1.1\r\nhost: ${scene.host}\r\n\r\n`, [400, 414, 431]],
    ];
    for (const [what, text, statuses] of rows) {
      const heard = await say(scene.door(), [text], { quietMs: 500 });
      assert.ok(
        heard.statuses.every((status) => statuses.includes(status)),
        `${what}: ${heard.statuses.join()}`,
      );
      assert.notEqual(heard.end, "open", what);
      assert.equal(
        scene.pools.all.reduce((all, one) => all + one.ledger.total(), 0),
        0,
        what,
      );
    }
    const fine = await scene.ask("/echo", { headers: { "x-long": "a".repeat(6 * kibi) } });
    assert.equal(fine.status, 200);
  });

  scenario("bad input: 256 MiB in bodies are carried and not held", ["memory"], async (scene, t) => {
    const before = await scene.plane.residentBytes("site-a");
    for (let turn = 0; turn < 4; turn += 1)
      assert.equal((await scene.ask("/echo", { body: Buffer.alloc(64 * kibi * kibi) })).status, 200);
    const grown = (await scene.plane.residentBytes("site-a")) - before;
    t.diagnostic(`the plane grew by ${(grown / kibi / kibi).toFixed(1)} MiB`);
    // What was carried and is not yet collected may be there; a plane that held bodies would have grown by all of it.
    assert.ok(grown < 100 * kibi * kibi, `${grown} bytes`);
  });

  scenario("bad input: a body that ends before its length", [], async (scene) => {
    const head = `POST /echo HTTP/1.1\r\nhost: ${scene.host}\r\nx-call: short\r\ncontent-length: 1000\r\n\r\n`;
    const line = await openLine(scene.door());
    line.on("error", () => undefined);
    line.resume().end(`${head}only this`);
    await new Promise((done) => line.once("close", done));
    // The backend may have begun on it, and was not told that it was whole.
    await until(
      "no backend waits for the rest",
      () => scene.pools.all.every((one) => one.ledger.open() === 0) || undefined,
    );
    assert.equal((await scene.ask("/echo")).status, 200);
  });

  scenario("bad input: 300 clients that send their headers byte by byte hold nobody up", [], async (scene) => {
    const lines = await Promise.all(Array.from({ length: 300 }, () => openLine(scene.door())));
    const text = `GET /echo HTTP/1.1\r\nhost: ${scene.host}\r\nx-slow: `;
    let sent = 0;
    for (const line of lines) line.on("error", () => undefined);
    const drip = setInterval(() => {
      for (const line of lines) if (line.writable) line.write(text[sent] ?? "a");
      sent += 1;
    }, 100);
    try {
      await using crowd = scene.crowd();
      const seen = await many(200, 8, () => crowd.ask());
      assert.ok(seen.every(({ status, headersMs }) => status === 200 && headersMs < 2_000));
      if (isFull) await closedWithin(lines, 70_000);
    } finally {
      clearInterval(drip);
      for (const line of lines) line.destroy();
    }
  });
});

type Closing = { readonly closed: boolean; once(event: "close", listener: () => void): unknown };

async function closedWithin(lines: readonly Closing[], ms: number): Promise<void> {
  const all = Promise.all(
    lines.filter((line) => !line.closed).map((line) => new Promise<void>((done) => line.once("close", done))),
  );
  const late = new Promise<"late">((done) => void setTimeout(() => done("late"), ms).unref());
  assert.notEqual(await Promise.race([all, late]), "late", `slow clients are still there after ${ms} ms`);
}

/** Refused with a 4xx or 5xx, or closed without a word. Some shapes may also be taken, once. */
function assertRefused({ statuses, end, text }: Heard, mayPass: boolean): void {
  const isRefused = statuses.length === 0 ? end !== "open" : statuses.length === 1 && (statuses[0] ?? 0) >= 400;
  const isTaken = mayPass && statuses.length === 1 && statuses[0] === 200;
  assert.ok(isRefused || isTaken, `${statuses.join(", ") || "nothing"}, ${end}: ${text.slice(0, 300)}`);
}
