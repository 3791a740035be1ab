import assert from "node:assert/strict";
import { assertAnswered, channelOf, many } from "./clients/load.ts";
import { inForm } from "./form.ts";
import type { Weights } from "./plane.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { assertShares, countBy } from "./tolerance.ts";

const requests = inForm({ short: 1_000, full: 10_000 });
const users = inForm({ short: 400, full: 5_000 });

onEachPlane({ weights: { stable: 100, canary: 0, third: 0 } }, (scenario) => {
  scenario("1. shares hold for requests without a user, and a weight of 0 gets nothing", ["weights"], async (scene) => {
    for (const canary of [1, 10, 50, 0]) {
      const weights = { stable: 100 - canary, canary };
      await scene.weigh(weights);
      await using crowd = scene.crowd();
      const seen = await many(requests, 32, () => crowd.ask());
      assertAnswered(seen);
      assertShares(countBy(seen, channelOf), weights);
    }
  });

  scenario(
    "2. shares hold for distinct users, and each is assigned the same again",
    ["weights", "slots"],
    async (scene) => {
      const weights = { stable: 90, canary: 10 };
      await scene.weigh(weights);
      const first = await channelsOfUsers(scene, requests);
      assertShares(countBy(first, String), weights);
      assert.deepEqual(await channelsOfUsers(scene, requests), first);
      // Whichever site a user comes to, the channel is the same.
      assert.deepEqual(await channelsOfUsers(scene, 200, "site-b"), first.slice(0, 200));
    },
  );

  scenario("3. a growing canary loses nobody, an abort restores everybody", ["weights", "slots"], async (scene) => {
    await scene.weigh({ stable: 100, canary: 0 });
    const home = await channelsOfUsers(scene, users);
    let before = home;
    let share = 0;
    const steps = [1, 5, 20, 50, 100];
    const seen: string[][] = [];
    for (const canary of steps) {
      await scene.weigh({ stable: 100 - canary, canary });
      const now = await channelsOfUsers(scene, users);
      const moved = movedBetween(before, now);
      assert.deepEqual(
        [...moved.keys()].filter((move) => move !== "stayed" && move !== "stable → canary"),
        [],
      );
      assertShares(moved, { stayed: 100 - (canary - share), "stable → canary": canary - share });
      [before, share] = [now, canary];
      seen.push(now);
    }
    await scene.weigh({ stable: 100, canary: 0 });
    assert.deepEqual(await channelsOfUsers(scene, users), home);
    await scene.weigh({ stable: 95, canary: 5 });
    assert.deepEqual(await channelsOfUsers(scene, users), seen[1]);
  });

  scenario("4. of three channels the one whose share stays keeps its users", ["weights", "slots"], async (scene) => {
    await scene.weigh({ stable: 85, canary: 5, third: 10 });
    const before = await channelsOfUsers(scene, requests);
    await scene.weigh({ stable: 75, canary: 15, third: 10 });
    const moved = movedBetween(before, await channelsOfUsers(scene, requests));
    assertShares(moved, { stayed: 90, "stable → canary": 10 });
  });

  scenario(
    "10. an operator who changes weights again and again is followed within a second",
    ["weights"],
    async (scene) => {
      await using crowd = scene.crowd();
      for (const canary of [10, 50, 0, 100]) {
        const weights: Weights = { stable: 100 - canary, canary };
        const change = await scene.plane.setWeights(weights);
        const begun = performance.now();
        await change.applied();
        const appliedMs = performance.now() - begun;
        assert.ok(appliedMs < 1_000, `it took ${appliedMs} ms`);
        const seen = await many(200, 1, () => crowd.ask());
        assertAnswered(seen);
        assertShares(countBy(seen, channelOf), weights);
      }
    },
  );
});

/** The channel of each of so many users, in their order. */
async function channelsOfUsers(scene: Scene, count: number, site?: string): Promise<string[]> {
  await using crowd = scene.crowd(site);
  const seen = await many(count, 32, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
  assertAnswered(seen);
  return seen.map(channelOf);
}

const movedBetween = (before: readonly string[], after: readonly string[]): ReadonlyMap<string, number> =>
  countBy(before, (_channel, index) =>
    before[index] === after[index] ? "stayed" : `${before[index]} → ${after[index]}`,
  );
