import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { type ArbiterConfig, epochMs, monoMs, newWatch, onSite, type ServiceState, type World } from "@sluice/core";
import { askReady, isCalm, makeGivingWay } from "./give-way.ts";

/** A preferred arbiter's door, which says what it is told to. */
async function openDoor() {
  const door = { status: 200, asked: 0 };
  const server = createServer((_request, response) => {
    door.asked += 1;
    response.writeHead(door.status, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound ? bound.port : 0;
  const arbiter: ArbiterConfig = { name: "arbiter-w", site: "site-w", url: `http://127.0.0.1:${port}` };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(door, { arbiter, [Symbol.asyncDispose]: close });
}

const isReady = (arbiter: ArbiterConfig) => askReady(arbiter, new AbortController().signal);
const at = (seconds: number) => monoMs(seconds * 1_000);

test("gives way to a preferred arbiter that was ready for 15 s without a break, when nothing goes on", async () => {
  await using door = await openDoor();
  const giving = makeGivingWay({ preferred: () => [door.arbiter], isReady });
  for (let second = 0; second < 14; second += 2) assert.equal(await giving.look(at(second), true), undefined);
  door.status = 503;
  assert.equal(await giving.look(at(14), true), undefined);
  door.status = 200;
  for (let second = 16; second < 30; second += 2) assert.equal(await giving.look(at(second), true), undefined);
  assert.equal(await giving.look(at(32), false), undefined);
  assert.equal(await giving.look(at(34), true), "arbiter-w");
  assert.equal(await giving.look(at(36), true), undefined, "it counts anew after that");
});

test("asks at most every two seconds, and one that is gone is not ready", async () => {
  const door = await openDoor();
  const giving = makeGivingWay({ preferred: () => [door.arbiter], isReady });
  await giving.look(at(0), true);
  await giving.look(at(1), true);
  assert.equal(door.asked, 1);
  await door[Symbol.asyncDispose]();
  for (let second = 2; second < 60; second += 2) assert.equal(await giving.look(at(second), true), undefined);
});

test("calm is when no service is about to move, and none has for a minute", () => {
  const now = epochMs(1_000_000);
  const worldOf = (situation: "serving" | "site-unknown", moves: ServiceState["moves"]): World =>
    ({
      durable: { services: { chat: { base: onSite("a"), served: onSite("a"), quarantine: [], moves } } },
      watch: { ...newWatch, situations: { chat: situation } },
    }) as unknown as World;
  assert.equal(isCalm(worldOf("serving", []), now), true);
  assert.equal(isCalm(worldOf("serving", [epochMs(now - 60_000)]), now), true);
  assert.equal(isCalm(worldOf("serving", [epochMs(now - 59_000)]), now), false);
  assert.equal(isCalm(worldOf("serving", [epochMs(now + 59_000)]), now), false, "nor when the clock stepped back");
  assert.equal(isCalm(worldOf("site-unknown", []), now), false);
});
