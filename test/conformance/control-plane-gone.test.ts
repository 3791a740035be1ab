import assert from "node:assert/strict";
import { assertAnswered, channelOf, many, pace, untilServedBy } from "./clients/load.ts";
import { badOffers } from "./plane.ts";
import { onItsOwn } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { assertShares, countBy } from "./tolerance.ts";

const weights = { stable: 70, canary: 30 };

onItsOwn(
  { weights, endpoints: 2 },
  [
    "29. without the control plane traffic goes on by the last weights, fails over, and survives a restart",
    ["control-plane", "site-failover", "slots"],
  ],
  async (scene) => {
    await using crowd = scene.crowd();
    const home = await channels(scene);
    await scene.plane.killControlPlane();
    const seen = await pace({ perSecond: 100, forMs: 1_500 }, () => crowd.ask());
    assertAnswered(seen);
    assert.deepEqual(await channels(scene), home);
    // A gateway that starts now serves what it kept on its disk.
    await scene.plane.kill("site-a");
    await scene.plane.start("site-a");
    assert.deepEqual(await channels(scene), home);
    await scene.pools.setMood({ site: "site-a" }, { refuse: true });
    await untilServedBy(crowd, "site-b");
    assert.deepEqual(await channels(scene), home);
    // Back with the same weights: nothing jumps.
    await scene.plane.restartControlPlane();
    assert.deepEqual(await channels(scene), home);
    // And what it says next is followed.
    await scene.weigh({ stable: 0, canary: 100 });
    assertShares(countBy(await channels(scene), String), { canary: 1 });
  },
);

onItsOwn(
  { weights },
  ["29. while the control plane comes and goes no request fails", ["control-plane"]],
  async (scene) => {
    await using crowd = scene.crowd();
    const stop = new AbortController();
    const traffic = pace({ perSecond: 100, forMs: 60_000, signal: stop.signal }, () => crowd.ask());
    for (let turn = 0; turn < 4; turn += 1) {
      await scene.plane.killControlPlane();
      await scene.plane.restartControlPlane();
      await scene.weigh(turn % 2 === 0 ? { stable: 30, canary: 70 } : weights);
    }
    stop.abort();
    assertAnswered(await traffic);
  },
);

for (const what of badOffers) {
  onItsOwn(
    { weights: { stable: 0, canary: 100 } },
    [`bad input: a snapshot, ${what}, is refused, and the last one serves`, ["snapshots"]],
    async (scene) => {
      await scene.weigh({ stable: 100, canary: 0 });
      await using crowd = scene.crowd();
      await scene.plane.offerBad(what);
      const seen = await many(100, 8, () => crowd.ask());
      assertAnswered(seen);
      assertShares(countBy(seen, channelOf), { stable: 1 });
      await scene.weigh({ stable: 0, canary: 100 });
      assertShares(countBy(await many(50, 8, () => crowd.ask()), channelOf), { canary: 1 });
    },
  );
}

async function channels(scene: Scene): Promise<string[]> {
  await using crowd = scene.crowd();
  const seen = await many(150, 8, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
  assertAnswered(seen);
  return seen.map(channelOf);
}
