import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Crowd, pace, type Seen, siteOf } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onEachPlane, onItsOwn } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { countBy } from "./tolerance.ts";

const home = "site-a";
// In the short form a minute of statistics passes in two seconds; a millisecond of latency stays one. Faster, and a busy machine that
// stands still for half a second would leave a minute without requests.
const speed = inForm({ short: 30, full: 1 });
const perSecond = inForm({ short: 120, full: 10 });
/** Unit: milliseconds. The first 120 s don't count, what is usual is older than a minute, and takes 300 samples. */
const warmUpMs = 200_000 / speed + 300_000 / perSecond + 1_000;
/** Unit: milliseconds. A minute's window, three evaluations 10 s apart, and one more. */
const watchedMs = 100_000 / speed + 900;
const needs = ["statistics", "traffic", "site-failover"] as const;

// On a scene of its own, since what is borne for minutes becomes usual.
onItsOwn({ endpoints: 2, speed }, ["22. 400 ms more to the first byte move nothing", needs], async (scene) => {
  await using crowd = scene.crowd(undefined, 128);
  await steady(crowd, warmUpMs);
  await scene.pools.setMood({ site: home }, { afterMs: 400 });
  await staysHome(scene, await steady(crowd, watchedMs));
});

// In this order, on one scene: what is usual is learnt once, and only the last one moves anything.
onEachPlane({ endpoints: 2, speed }, (scenario) => {
  scenario("22. what is usual is learnt", needs, async (scene) => {
    await using crowd = scene.crowd(undefined, 128);
    await steady(crowd, warmUpMs);
    const pool = await poolOf(scene);
    assert.match(pool?.because ?? "", /first byte as usual/);
  });

  scenario("22. one tenant whose prompts take long moves nobody else", needs, async (scene) => {
    await using crowd = scene.crowd(undefined, 128);
    const seen = await pace({ perSecond, forMs: watchedMs }, (index) =>
      // Every third request is the tenant's, and takes as long as a prompt of 100,000 tokens does.
      index % 3 === 0 ? crowd.ask({ "x-user-id": "tenant" }, "/status/200?afterMs=900") : crowd.ask(userOf(index)),
    );
    await staysHome(scene, seen);
  });

  scenario("22. long generations whose first token comes as usual move nothing", needs, async (scene) => {
    await using crowd = scene.crowd(undefined, 256);
    const path = "/sse?events=12&everyMs=100";
    const seen = await pace({ perSecond: perSecond / 2, forMs: watchedMs }, (index) => crowd.ask(userOf(index), path));
    await staysHome(scene, seen);
  });

  scenario("22. 600 ms more move the traffic within 90 s", needs, async (scene, t: TestContext) => {
    await using crowd = scene.crowd(undefined, 128);
    await scene.pools.setMood({ site: home }, { afterMs: 600 });
    const begun = performance.now();
    let lastAtHomeMs = 0;
    await pace({ perSecond, forMs: watchedMs + 700 }, async (index) => {
      const sentMs = performance.now() - begun;
      if (siteOf(await crowd.ask(userOf(index))) === home) lastAtHomeMs = Math.max(lastAtHomeMs, sentMs);
    });
    // The first slow answer is there to be judged 600 ms after the first slow request, whatever the statistics' speed.
    const judgedMs = Math.max(0, lastAtHomeMs - 600) * speed;
    t.diagnostic(`A was last chosen ${(judgedMs / 1_000).toFixed(0)} s after its first slow answer`);
    // At the statistics' speed its half-open check may have begun; only a pool that has tripped has one.
    assert.match((await poolOf(scene))?.state ?? "", /^(tripped|recovering)$/);
    assert.ok(judgedMs < 90_000, `A was chosen for ${judgedMs / 1_000} s`);
  });
});

const userOf = (index: number) => ({ "x-user-id": `user-${index % 100}` });

const steady = (crowd: Crowd, forMs: number): Promise<Seen[]> =>
  pace({ perSecond, forMs }, (index) => crowd.ask(userOf(index)));

async function staysHome(scene: Scene, seen: readonly Seen[]): Promise<void> {
  assert.deepEqual([...countBy(seen, siteOf).keys()], [home]);
  assert.notEqual((await poolOf(scene))?.state, "tripped");
}

async function poolOf({ plane }: Scene) {
  const pools = await plane.traffic(home);
  return pools.find(({ target }) => target === `pool:chat/stable@${home}`);
}
