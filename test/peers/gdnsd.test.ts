import assert from "node:assert/strict";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import { type Gdnsd, startGdnsd } from "../bench/gdnsd.ts";
import { peer } from "./peer.ts";

const gdnsd = peer("gdnsd");
const [primary, secondary, own] = ["127.0.71.1", "127.0.71.2", "127.0.71.3"];

test("gdnsd leaves a primary that died and goes back when it is up again", { skip: gdnsd.skip }, async () => {
  await using standby = await serveHealth(secondary, 0);
  const { port } = standby;
  const first = await serveHealth(primary, port);
  await using answering = await startGdnsd({
    program: gdnsd.path ?? "",
    address: own,
    port: await freePort(own),
    primary,
    secondary,
    check: { port, path: "/health" },
  });
  assert.deepEqual(await answering.ask(), [primary]);
  await first[Symbol.asyncDispose]();
  const left = performance.now();
  await until(answering, secondary);
  // Three looks must fail, and two whole intervals of 2 s lie between them: faster would mean that it isn't the real one.
  assert.ok(performance.now() - left > 3_500);
  await using _again = await serveHealth(primary, port);
  await until(answering, primary);
});

test("gdnsd that can't start says why, and leaves nothing behind", { skip: gdnsd.skip }, async () => {
  const options = { program: gdnsd.path ?? "", address: own, port: 1, primary: "nowhere", secondary };
  await assert.rejects(startGdnsd({ ...options, check: { port: 80, path: "/" } }), /does not answer.*\n.*fatal/s);
});

async function until(answering: Gdnsd, address: string): Promise<void> {
  for (;;) {
    const addresses = await answering.ask();
    if (addresses.length === 1 && addresses[0] === address) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Serving = { readonly port: number; [Symbol.asyncDispose](): Promise<void> };

async function serveHealth(address: string, port: number): Promise<Serving> {
  const server = createHttpServer((_request, response) => response.setHeader("connection", "close").end("ok"));
  await listening(server, address, port);
  const bound = server.address();
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: typeof bound === "object" ? (bound?.port ?? 0) : 0, [Symbol.asyncDispose]: close };
}

const listening = (server: Server, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => server.once("error", reject).listen(port, address, resolve));

/** gdnsd can't be given port 0. Nothing else uses this address, so what is free now stays free. */
async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof bound === "object" ? (bound?.port ?? 0) : 0;
}
