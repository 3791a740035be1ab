import assert from "node:assert/strict";
import { assertAnswered, many } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";

const users = inForm({ short: 300, full: 2_000 });

onEachPlane({ weights: { stable: 90, canary: 10 }, endpoints: 4 }, (scenario) => {
  scenario("18. a user's fifty turns are all served by one endpoint", ["affinity", "slots"], async (scene) => {
    await using crowd = scene.crowd();
    for (const user of ["ada", "grace", "kurt"]) {
      const turns = await many(50, 1, () => crowd.ask({ "x-user-id": user }));
      assertAnswered(turns);
      assert.equal(new Set(turns.map(({ servedBy }) => servedBy)).size, 1);
    }
  });

  scenario(
    "18. and by the same one after a change of weights that doesn't move his slot",
    ["affinity", "slots", "weights"],
    async (scene) => {
      const before = await whoServes(scene);
      await scene.weigh({ stable: 80, canary: 20 });
      const after = await whoServes(scene);
      await scene.weigh({ stable: 90, canary: 10 });
      const isMoved = (index: number): boolean => before[index]?.split("/")[1] !== after[index]?.split("/")[1];
      const stayed = before.map((_, index) => index).filter((index) => !isMoved(index));
      assert.ok(stayed.length >= users * 0.8);
      assert.deepEqual(
        stayed.map((index) => after[index]),
        stayed.map((index) => before[index]),
      );
    },
  );

  scenario(
    "18. a fifth endpoint takes no more than its share of the users",
    ["affinity", "slots", "endpoints"],
    async (scene) => {
      const before = await whoServes(scene);
      await scene.pools.grow("stable", "site-a");
      const endpoints = scene.pools.of({ channel: "stable", site: "site-a" }).map(({ endpoint }) => endpoint);
      await (await scene.plane.setEndpoints("stable@site-a", endpoints)).applied();
      const after = await whoServes(scene);
      const stable = before.map((_, index) => index).filter((index) => before[index]?.includes("/stable/"));
      const moved = stable.filter((index) => before[index] !== after[index]);
      assert.deepEqual([...new Set(moved.map((index) => after[index]))], ["site-a/stable/5"]);
      const share = moved.length / stable.length;
      // A fifth and 3 points, by the specification; of few users chance alone may add some more.
      const bound = 0.2 + 0.03 + inForm({ short: 0.07, full: 0 });
      assert.ok(share > 0.05 && share <= bound, `${(share * 100).toFixed(1)} % moved`);
    },
  );
});

/** One turn of each user, one after the other, so that no endpoint is so busy that its users are lent out. */
async function whoServes(scene: Scene): Promise<string[]> {
  await using crowd = scene.crowd();
  const seen = await many(users, 1, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
  assertAnswered(seen);
  return seen.map(({ servedBy }) => servedBy);
}
