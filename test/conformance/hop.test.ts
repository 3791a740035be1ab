import assert from "node:assert/strict";
import type { Heard } from "./backends/ledger.ts";
import { channelOf, many, siteOf } from "./clients/load.ts";
import { openTalk } from "./clients/websocket.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { countBy } from "./tolerance.ts";

const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);

onEachPlane({ weights: { stable: 50, canary: 50 } }, (scenario) => {
  scenario(
    "28. what a drained site is still asked, the other site serves, in the channel that the user has",
    ["drain", "slots"],
    async (scene) => {
      const home = await channels(scene);
      await (await scene.plane.drain("site-a")).applied();
      const moved = await channels(scene);
      assert.deepEqual([...countBy(moved, siteOf).keys()], ["site-b"]);
      assert.deepEqual(moved.map(channelOf), home.map(channelOf));
      using client = scene.grpc();
      const calls = await many(users.length, 6, (index) =>
        client.unary({ text: "x" }, { metadata: { "x-user-id": users[index] ?? "" } }),
      );
      assert.deepEqual(
        calls.map(({ servedBy }) => servedBy),
        moved.map(({ servedBy }) => servedBy),
      );
      const talk = await openTalk(`${scene.url().replace("http", "ws")}/ws`, { headers: { host: scene.host } });
      assert.equal(siteOf(talk), "site-b");
      assert.equal((await talk.echo("across")).data.toString(), "across");
      await talk.close(1000, "");
      await (await scene.plane.undrain("site-a")).applied();
      assert.deepEqual([...countBy(await channels(scene), siteOf).keys()], ["site-a"]);
    },
  );

  scenario(
    "28. nothing of the way between the sites is seen by backend or client, and nobody outside can pretend to it",
    ["drain", "slots"],
    async (scene) => {
      const pretended = { "x-sluice-hop": "gateway-b", "x-sluice-channel": "canary", "x-sluice-anything": "1" };
      for (const isDrained of [false, true]) {
        if (isDrained) await (await scene.plane.drain("site-a")).applied();
        for (const user of users.slice(0, 8)) {
          const call = `${user}-${isDrained}`;
          const asked = await scene.ask("/echo", { headers: { "x-user-id": user, "x-call": call, ...pretended } });
          const plain = await scene.ask("/echo", { headers: { "x-user-id": user } });
          assert.equal(asked.servedBy, plain.servedBy);
          const [heard] = heardOf(scene, call);
          assert.deepEqual(
            Object.keys(heard?.headers ?? {}).filter((name) => name.startsWith("x-sluice-")),
            [],
          );
          assert.deepEqual(
            Object.keys(asked.headers).filter((name) => name.startsWith("x-sluice-")),
            [],
          );
        }
      }
      await (await scene.plane.undrain("site-a")).applied();
    },
  );

  scenario(
    "19. with both sites down a request is refused at once, and goes between the sites once at most",
    ["site-failover", "counts"],
    async (scene) => {
      await scene.pools.setMood({}, { refuse: true });
      const begun = performance.now();
      await using crowd = scene.crowd();
      const refused = await many(40, 4, (index) => crowd.ask({ "x-user-id": users[index] ?? "" }));
      using client = scene.grpc();
      const calls = await many(40, 4, (index) =>
        client.unary({}, { metadata: { "x-user-id": users[index] ?? "" }, deadlineMs: 5_000 }),
      );
      const tookMs = performance.now() - begun;
      assert.deepEqual([...countBy(refused, ({ status }) => String(status >= 500))], [["true", 40]]);
      assert.deepEqual([...countBy(calls, ({ status }) => String(status.code))], [["14", 40]]);
      assert.ok(tookMs < 5_000, `80 refusals took ${tookMs} ms`);
      // What A passed on, B must not have passed back.
      const passedBack = await Promise.all(
        ["stable", "canary"].map((channel) => scene.plane.counts("site-b", `${channel}@site-a`)),
      );
      assert.deepEqual(
        passedBack.map((counts) => Object.values(counts).reduce((all, one) => all + one, 0)),
        [0, 0],
      );
    },
  );
});

async function channels(scene: Scene) {
  await using crowd = scene.crowd();
  return await many(users.length, 6, (index) => crowd.ask({ "x-user-id": users[index] ?? "" }));
}

const heardOf = (scene: Scene, call: string): readonly Heard[] =>
  scene.pools.all.flatMap((one) => one.ledger.heard(call));
