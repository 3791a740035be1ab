import assert from "node:assert/strict";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { requests, responses } from "./test-messages.ts";
import { readRequests, readResponse } from "./test-read.ts";

type Seen = {
  readonly start: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
};

const lowered = (raw: readonly string[]): string[] => raw.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
/** Node hands headers over as UTF-8 where they were none, so what is beyond ASCII is compared by its being there. */
const plain = (list: readonly string[]): string[] => list.map((text) => text.replaceAll(/[^\0-\x7f]+/g, "?"));

async function collect(message: IncomingMessage, start: string): Promise<Seen | undefined> {
  let body = "";
  message.setEncoding("latin1");
  try {
    for await (const piece of message) body += piece as string;
  } catch {
    return undefined;
  }
  if (!message.complete) return undefined;
  return { start, headers: plain(lowered(message.rawHeaders)), body, trailers: plain(lowered(message.rawTrailers)) };
}

/** Every whole request that Node finds in the bytes, until it has had enough. */
function byNodeServer(text: string): Promise<Seen[]> {
  const seen: (Seen | undefined)[] = [];
  const server = createServer({ maxHeaderSize: 8_192 }, (message, response) => {
    const place = seen.push(undefined) - 1;
    void collect(message, `${message.method} ${message.url}`).then((one) => {
      seen[place] = one;
      response.end();
    });
  });
  Object.assign(server, { httpAllowHalfOpen: true });
  // What was whole before the error is still on its way to whoever collects it.
  server.on("clientError", (_error, socket) => setImmediate(setImmediate, () => socket.destroy()));
  const [ours, theirs] = duplexPair();
  for (const side of [ours, theirs]) side.on("error", () => undefined);
  server.emit("connection", theirs);
  return new Promise((done) => {
    theirs.once("close", () => setImmediate(() => done(seen.filter((one) => one !== undefined))));
    ours.resume().once("end", () => ours.destroy());
    ours.end(Buffer.from(text, "latin1"));
  });
}

function byNodeClient(text: string, method: string): Promise<Seen | undefined> {
  const [ours, theirs] = duplexPair();
  for (const side of [ours, theirs]) side.on("error", () => undefined);
  return new Promise((done) => {
    const agent = Object.assign(new Agent(), { createConnection: () => theirs });
    const asked = request({ method, agent, maxHeaderSize: 8_192 }, (answer) => {
      void collect(answer, String(answer.statusCode)).then(done);
    });
    asked.on("error", () => done(undefined));
    ours.resume();
    ours.once("data", () => ours.end(Buffer.from(text, "latin1")));
    asked.end();
  });
}

test("a request that is accepted is one for Node too, with the same meaning", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (text) => {
      const ours = readRequests(text).messages;
      accepted += ours.length;
      const theirs = await byNodeServer(text);
      const both = ours.map(({ head, body, trailers }, at) => {
        const url = theirs[at]?.start.split(" ")[1] ?? "";
        // Of a URL: the authority, and then the path, which is / where there is none.
        const said = url.replace(/^https?:\/\//i, "");
        if (said === url) assert.equal(head.path, url);
        else assert.ok([said, said.replace(/(?=\?|$)/, "/")].includes(head.authority + head.path));
        return { start: `${head.method} ${url}`, headers: plain(head.headers), body, trailers: plain(trailers) };
      });
      assert.deepEqual(both, theirs.slice(0, ours.length));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(accepted > 300, `only ${accepted} were accepted`);
});

test("an answer that is accepted is one for Node too, with the same meaning", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(responses, fc.constantFrom("GET", "GET", "HEAD"), async (text, method) => {
      const { messages, end } = readResponse(text, method === "HEAD");
      const [ours] = messages;
      // What comes behind an answer ends its connection, and Node lets the answer end with it.
      if (!ours || end === "rest") return;
      accepted += 1;
      const { head, body, trailers } = ours;
      const seen = { start: String(head.status), headers: plain(head.headers), body, trailers: plain(trailers) };
      assert.deepEqual(seen, await byNodeClient(text, method));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(accepted > 100, `only ${accepted} were accepted`);
});
