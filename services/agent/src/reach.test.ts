import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "@sluice/runtime";
import { makeHttpServer } from "@sluice/runtime/server";
import { guardTarget } from "./guard-target.ts";
import { leaveAddress, ownDoor } from "./own-door.ts";
import { doorOf, reachesAny } from "./reach.ts";
import { makePlace, quiet } from "./test-world.ts";

const options = (allow: readonly string[] = []) => ({
  deadlineMs: 5000,
  localAddress: "127.0.0.1",
  rules: { allow },
  signal: new AbortController().signal,
});

test("one peer that takes a connection is enough; dead ones and a forbidden anchor do no harm", async (t) => {
  const place = await makePlace(t, (socket) => socket.resume());
  const gone = await makePlace(t, (socket) => socket.resume());
  await gone.shut();
  const peers = [doorOf(`http://${gone.at}`), doorOf(`http://${place.at}`)];
  assert.equal(await reachesAny({ peers, anchors: ["0x7f.1:80"] }, options()), true);
  assert.equal(await reachesAny({ peers: peers.slice(0, 1), anchors: [] }, options()), false);
});

test("an anchor on this very machine proves nothing, unless loopback is allowed", async (t) => {
  const place = await makePlace(t, (socket) => socket.resume());
  assert.equal(await reachesAny({ peers: [], anchors: [place.at] }, options()), false);
  assert.equal(await reachesAny({ peers: [], anchors: [place.at] }, options(["127.0.0.0/8"])), true);
});

test("with nobody to ask there is nothing to fail", async () => {
  assert.equal(await reachesAny({ peers: [], anchors: [] }, options()), true);
});

test("a URL without a port has its scheme's", () => {
  assert.deepEqual(doorOf("https://[2001:db8::1]/"), { host: "2001:db8::1", port: 443 });
  assert.deepEqual(doorOf("http://agent.example.org"), { host: "agent.example.org", port: 80 });
});

test("the agent's own door is forbidden at every address it listens on", async (t) => {
  const app = makeHttpServer({ logger: quiet, tokens: {} });
  await listen(app, "http://0.0.0.0:0");
  t.after(() => app.close());
  const own = ownDoor(app);
  const rules = { allow: ["127.0.0.0/8"], own };
  assert.deepEqual(await guardTarget(`127.0.0.1:${own.port}`, rules), {
    kind: "refused",
    because: "the agent's own door",
  });
  assert.equal(leaveAddress("http://0.0.0.0:7401"), undefined);
  assert.equal(leaveAddress("http://agent.example.org:7401"), undefined);
  assert.equal(leaveAddress("http://192.0.2.1:7401"), "192.0.2.1");
});
