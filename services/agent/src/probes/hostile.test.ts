import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ProbeConfig } from "@sluice/core";
import type { GuardRules } from "../guard-target.ts";
import { lookAtEndpoint } from "../look-target.ts";
import { makeRecord } from "../test-world.ts";
import type { LookResult } from "./look.ts";

const rules: GuardRules = { allow: ["127.0.0.0/8"] };
const http: ProbeConfig = { kind: "http", path: "/", statuses: [200] };

/** A server that says what it is told to once it has been asked something. */
async function serve(t: TestContext, say: (socket: Socket) => void) {
  const asked = makeRecord<string>();
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket
      .on("error", () => socket.destroy())
      .once("data", (piece) => {
        asked.add(piece.toString("latin1"));
        say(socket);
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { at: `127.0.0.1:${port}`, port, asked };
}

const look = (
  at: string,
  probe: ProbeConfig = http,
  more: { deadlineMs?: number; rules?: GuardRules; localAddress?: string } = {},
) =>
  lookAtEndpoint(at, probe, {
    rules: more.rules ?? rules,
    options: {
      deadlineMs: more.deadlineMs ?? 5000,
      signal: new AbortController().signal,
      localAddress: more.localAddress ?? "127.0.0.1",
    },
  });

const because = (result: LookResult): string => (result.kind === "failed" ? result.because : "well");
const head = (status: string, headers = ""): string => `HTTP/1.1 ${status}\r\n${headers}\r\n`;

test("a redirect to the metadata service is a status, and nobody follows it", async (t) => {
  const { at, asked } = await serve(t, (socket) =>
    socket.end(head("302 Found", "location: http://169.254.169.254/latest\r\ncontent-length: 0\r\n")),
  );
  assert.equal(because(await look(at)), "status 302");
  assert.equal(asked.all.length, 1);
});

test("a body that never ends is given up at 64 KiB, one that drips at the deadline", async (t) => {
  const flood = await serve(t, (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write("x".repeat(16_384)));
    };
    socket.on("drain", more).write(head("200 OK"));
    more();
  });
  assert.match(because(await look(flood.at)), /body larger than 65536/);
  const drip = await serve(t, (socket) => {
    socket.write(head("200 OK"));
    const timer = setInterval(() => socket.write("x"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  assert.match(because(await look(drip.at, http, { deadlineMs: 200 })), /no answer within 200 ms/);
});

test("a gzip bomb is never inflated", async (t) => {
  const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024, "fine"));
  assert.ok(bomb.length < 65_536);
  const headers = `content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n`;
  const { at, asked } = await serve(t, (socket) => {
    socket.write(head("200 OK", headers));
    socket.end(bomb);
  });
  assert.equal(because(await look(at, { ...http, bodyIncludes: "fine" })), "body lacks its text");
  assert.match(asked.all[0] ?? "", /accept-encoding: identity/i);
});

test("headers without end and a protocol nobody asked for are failures, and end in time", async (t) => {
  const headers = await serve(t, (socket) => socket.write(`HTTP/1.1 200 OK\r\n${"x: 0123456789\r\n".repeat(5000)}`));
  assert.match(because(await look(headers.at)), /Header overflow|HPE_HEADER_OVERFLOW/);
  const upgrade = await serve(t, (socket) =>
    socket.write(head("101 Switching Protocols", "upgrade: x\r\nconnection: upgrade\r\n")),
  );
  assert.equal(because(await look(upgrade.at)), "status 101");
  const garbage = await serve(t, (socket) => socket.end("\u0001\u0002\u0003 not HTTP\r\n\r\n"));
  assert.match(because(await look(garbage.at)), /Parse Error/);
});

test("what a target says reaches nobody's terminal as control characters", async (t) => {
  const body = "\u001b]0;owned\u0007\n";
  const { at } = await serve(t, (socket) => socket.end(head("200 OK") + body));
  const said = because(await look(at, { kind: "model", model: "m", generate: false }));
  assert.match(said, /JSON/);
  assert.doesNotMatch(said, /\p{C}/u);
});

test("a name is resolved once, and the look goes to the address that was judged", async (t) => {
  const { port, asked } = await serve(t, (socket) => socket.end(head("200 OK", "content-length: 0\r\n")));
  const answers = ["127.0.0.1", "169.254.169.254"];
  const rebinding = { ...rules, resolve: async () => answers.shift() ?? "" };
  assert.equal(because(await look(`rebind.test:${port}`, http, { rules: rebinding })), "well");
  assert.match(asked.all[0] ?? "", new RegExp(`host: rebind.test:${port}\r\n`, "i"));
  assert.equal(because(await look(`rebind.test:${port}`, http, { rules: rebinding })), "a metadata address");
  assert.equal(asked.all.length, 1);
});

test("a resolver that hangs fails the look at its deadline, and says which", async () => {
  const hanging = { ...rules, resolve: () => new Promise<string>(() => undefined) };
  const said = because(await look("slow.test:80", http, { deadlineMs: 100, rules: hanging }));
  assert.equal(said, "name not resolved: no answer within 100 ms");
});

test("names are resolved in the family that the agent can leave by, and the other family isn't bound to its address", async (t) => {
  const families: number[] = [];
  const resolve = async (_host: string, family: number): Promise<string> => {
    families.push(family);
    return "127.0.0.1";
  };
  const { port } = await serve(t, (socket) => socket.end(head("200 OK", "content-length: 0\r\n")));
  assert.equal(because(await look(`name.test:${port}`, http, { rules: { ...rules, resolve } })), "well");
  assert.equal(because(await look(`127.0.0.1:${port}`, http, { localAddress: "::1" })), "well");
  assert.deepEqual(families, [4]);
});

for (const endpoint of ["169.254.169.254:80", "[fe80::1]:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "127.0.0.1:1"]) {
  test(`no look goes to ${endpoint} unless it is allowed`, async () => {
    const said = because(await look(endpoint, { kind: "tcp" }, { rules: { allow: [] } }));
    assert.match(said, /address|loopback/);
  });
}
