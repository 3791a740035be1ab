import assert from "node:assert/strict";
import { until } from "../scenarios/world/until.ts";
import { many, pace, siteOf } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onItsOwn } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { toleranceOf } from "./tolerance.ts";

const home = "site-a";
const speed = inForm({ short: 30, full: 1 });
const perSecond = inForm({ short: 100, full: 20 });
const holdMs = 60_000 / speed;
const stepMs = 30_000 / speed;
const steps = [0.01, 0.05, 0.2, 0.5, 1];
const users = 400;
const shape = { endpoints: 3, speed };

onItsOwn(
  shape,
  [
    "23. A that is well again is left alone for the hold, and gets its users back step by step",
    ["statistics", "site-failover"],
  ],
  async (scene, t) => {
    await using crowd = scene.crowd();
    await trip(scene);
    const trippedAt = performance.now();
    const keepLooking = lookOn(scene);
    const seen: { readonly atMs: number; readonly user: number; readonly site: string }[] = [];
    await pace({ perSecond, forMs: holdMs + 9 * stepMs }, async (index) => {
      const user = index % users;
      const one = await crowd.ask({ "x-user-id": `user-${user}` });
      seen.push({ atMs: performance.now() - trippedAt, user, site: siteOf(one) });
    });
    keepLooking.abort();
    const backAt = seen.find(({ site }) => site === home)?.atMs ?? 0;
    assert.ok(backAt >= holdMs, `A had users again after ${backAt} ms of a hold of ${holdMs} ms`);
    // No step is shorter than it may be, so by any moment no more than that step's share of the users can be back.
    for (const [step, share] of steps.entries()) {
      const untilMs = holdMs + (step + 1) * stepMs;
      const home_ = new Set(seen.filter(({ atMs, site }) => site === home && atMs < untilMs).map(({ user }) => user));
      const bound = share + toleranceOf(share, users);
      assert.ok(home_.size / users <= bound, `${home_.size} of ${users} users were back in step ${step + 1}`);
    }
    const state = await stateOf(scene);
    t.diagnostic(`A had its first user back after ${((backAt * speed) / 1_000).toFixed(0)} s, and is ${state}`);
    assert.notEqual(state, "tripped");
    const last = await many(users, 8, (index) => crowd.ask({ "x-user-id": `user-${index}` }));
    assert.ok(last.filter((one) => siteOf(one) === home).length >= users / 2);
  },
);

onItsOwn(
  shape,
  ["23. A that fails again while it gets its users back is held for twice as long", ["statistics", "traffic"]],
  async (scene) => {
    await using crowd = scene.crowd();
    await trip(scene);
    const keepLooking = lookOn(scene);
    const becomes = (state: string, patienceMs: number) =>
      until(
        `the pool is ${state}`,
        async () => {
          await many(20, 10, (index) =>
            crowd.ask({ "x-user-id": `user-${Math.floor(Math.random() * 2_000) + index}` }),
          );
          return (await stateOf(scene)) === state || undefined;
        },
        patienceMs,
      );
    await becomes("recovering", holdMs * 6);
    await scene.pools.setMood({ site: home }, { failing: { share: 1, status: 503 } });
    await becomes("tripped", stepMs * 20);
    const [pool] = (await scene.plane.traffic(home)).filter(({ target }) => target.includes("stable"));
    assert.match(pool?.because ?? "", /held for 120 s/);
    keepLooking.abort();
  },
);

/** Breaks A until its gateway has left it, and heals it. */
async function trip(scene: Scene): Promise<void> {
  await using crowd = scene.crowd();
  await scene.pools.setMood({ site: home }, { failing: { share: 1, status: 503 } });
  await until("A is left", async () => {
    await many(10, 2, () => crowd.post());
    return (await stateOf(scene)) === "tripped" || undefined;
  });
  await scene.pools.setMood({ site: home }, {});
}

/** What the site's agent would say while the pool is well: it looks once a second and tells the gateway. */
function lookOn(scene: Scene): AbortController {
  const stop = new AbortController();
  let goodInRow = 5;
  const timer = setInterval(
    () => {
      goodInRow += 1;
      void scene.plane.look(`stable@${home}`, { goodInRow, failedInRow: 0 }).catch(() => undefined);
    },
    Math.max(50, 1_000 / speed),
  );
  stop.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return stop;
}

async function stateOf({ plane }: Scene): Promise<string | undefined> {
  const pools = await plane.traffic(home);
  return pools.find(({ target }) => target === `pool:chat/stable@${home}`)?.state;
}
