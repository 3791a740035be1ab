import assert from "node:assert/strict";
import { assertAnswered, channelOf, many, siteOf, untilServedBy } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onItsOwn } from "./scenario.ts";
import { assertShares, countBy } from "./tolerance.ts";

const users = inForm({ short: 600, full: 5_000 });

onItsOwn(
  { weights: { stable: 80, canary: 20 }, endpoints: 2 },
  ["28. A dies during a canary: its share stays, and every user keeps his channel", ["site-failover", "slots"]],
  async (scene) => {
    await using crowd = scene.crowd();
    const ask = () => many(users, 16, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
    const before = await ask();
    assertAnswered(before);
    await scene.pools.setMood({ site: "site-a" }, { refuse: true });
    await untilServedBy(crowd, "site-b");
    const after = await ask();
    assertAnswered(after);
    assert.deepEqual([...countBy(after, siteOf).keys()], ["site-b"]);
    assertShares(countBy(after, channelOf), { stable: 80, canary: 20 });
    assert.deepEqual(after.map(channelOf), before.map(channelOf));
  },
);

onItsOwn(
  { weights: { stable: 80, canary: 20 } },
  ["28. a site whose gateway died too is served by the other's own gateway", ["slots"]],
  async (scene) => {
    await using here = scene.crowd("site-a");
    await using there = scene.crowd("site-b");
    const ask = (crowd: typeof here) => many(200, 8, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
    const before = await ask(here);
    await scene.plane.kill("site-a");
    await scene.pools.setMood({ site: "site-a" }, { refuse: true });
    await untilServedBy(there, "site-b");
    const after = await ask(there);
    assertAnswered(after);
    assert.deepEqual(after.map(channelOf), before.map(channelOf));
    assert.deepEqual([...countBy(after, siteOf).keys()], ["site-b"]);
  },
);
