import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { until } from "../../scenarios/world/until.ts";
import { openDoor } from "./door.ts";

async function setUp(t: TestContext) {
  const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const door = await openDoor({ host: "127.0.0.1", port: 0 }, () => ({ host: "127.0.0.1", port }));
  const client = connect(door.port, "127.0.0.1").on("error", () => undefined);
  let heard = "";
  client.setEncoding("utf8").on("data", (text: string) => (heard += text));
  t.after(async () => {
    client.destroy();
    await door.close();
    server.close();
  });
  return { door, client, server, heard: () => heard };
}

test("a silent door keeps what is open, and what was sent meanwhile arrives once it is open again", async (t) => {
  const { door, client, heard } = await setUp(t);
  client.write("one ");
  await until("an echo", () => heard() === "one " || undefined);
  door.set({ kind: "silent" });
  client.write("two ");
  const late = connect(door.port, "127.0.0.1");
  await once(late, "connect");
  assert.equal(heard(), "one ");
  door.set({ kind: "open" });
  await until("both echoes", () => heard() === "one two " || undefined);
  late.destroy();
});

test("what comes after a slow door has healed doesn't overtake what still waits in it", async (t) => {
  const { door, client, server, heard } = await setUp(t);
  client.write("one ");
  await until("an echo", () => heard() === "one " || undefined);
  door.set({ kind: "slow", ms: 300 });
  client.write("two ");
  // Whoever comes after it has passed the door's own loop: the piece waits in it by now.
  const late = connect(door.port, "127.0.0.1").on("error", () => undefined);
  await once(server, "connection");
  door.set({ kind: "open" });
  client.write("three ");
  await until("all echoes", () => heard().length === 14 || undefined);
  assert.equal(heard(), "one two three ");
  late.destroy();
});

test("a reset ends what is open, and the next connection stands", async (t) => {
  const { door, client } = await setUp(t);
  client.write("one");
  await once(client, "data");
  const closed = new Promise((resolve) => client.once("close", resolve));
  door.reset();
  await closed;
  const next = connect(door.port, "127.0.0.1");
  next.write("two");
  assert.equal(String((await once(next, "data"))[0]), "two");
  next.destroy();
});

test("a door that falls silent at a text keeps that text back", async (t) => {
  const { door, client, heard } = await setUp(t);
  const silent = door.silenceAt("COMMIT");
  client.write("BEGIN ");
  await until("an echo", () => heard() === "BEGIN " || undefined);
  client.write("COMMIT");
  await silent;
  assert.equal(heard(), "BEGIN ");
  door.set({ kind: "open" });
  await until("the rest", () => heard() === "BEGIN COMMIT" || undefined);
});
