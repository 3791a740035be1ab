import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mood } from "./backends/mood.ts";
import { type Crowd, channelOf, many, pace, type Seen, siteOf } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onItsOwn } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { countBy } from "./tolerance.ts";

const home = "site-a";
const perSecond = 50;

onItsOwn(
  { endpoints: 3 },
  [
    "19. every request at A fails: new ones are on B within 10 s, and few clients were told",
    ["statistics", "site-failover"],
  ],
  async (scene, t) => {
    await using crowd = scene.crowd();
    await steady(crowd, 1_000);
    await scene.pools.setMood({ site: home }, broken(1));
    const begun = performance.now();
    let lastAtHomeMs = 0;
    const seen = await pace({ perSecond, forMs: inForm({ short: 5_000, full: 60_000 }) }, async () => {
      const one = await crowd.post();
      if (siteOf(one) === home) lastAtHomeMs = performance.now() - begun;
      return one;
    });
    const failed = seen.filter(({ status }) => status !== 200).length;
    t.diagnostic(`${failed} of ${seen.length} failed; A answered last after ${(lastAtHomeMs / 1_000).toFixed(1)} s`);
    assert.ok(lastAtHomeMs < 5_000, `A still answered after ${lastAtHomeMs} ms`);
    assert.ok(failed <= 30, `${failed} of ${seen.length} failed`);
    assert.equal(await stateOf(scene), "tripped");
  },
);

onItsOwn(
  { endpoints: 3 },
  ["19. the same for gRPC, whose failures stand in trailers", ["statistics", "site-failover", "grpc"]],
  async (scene) => {
    using client = scene.grpc();
    await pace({ perSecond, forMs: 600 }, () => client.unary({ text: "x" }));
    await scene.pools.setMood({ site: home }, broken(1));
    const calls = await pace({ perSecond, forMs: 4_000 }, () => client.unary({ text: "x" }));
    assert.deepEqual(
      [...countBy(calls.slice(-50), ({ status, servedBy }) => `${status.code} ${servedBy.split("/")[0]}`)],
      [["0 site-b", 50]],
    );
    assert.ok(calls.filter(({ status }) => status.code !== 0).length <= 30);
  },
);

onItsOwn(
  { endpoints: 3, speed: inForm({ short: 30, full: 1 }) },
  ["20. 3 % of errors where 1 % is usual move nothing; 20 % do", ["statistics", "site-failover"]],
  async (scene) => {
    await using crowd = scene.crowd();
    const [usualMs, watchedMs] = inForm({ short: [5_000, 3_000], full: [600_000, 120_000] });
    const rate = inForm({ short: 120, full: perSecond });
    await scene.pools.setMood({ site: home }, broken(0.01));
    await steady(crowd, usualMs, rate);
    await scene.pools.setMood({ site: home }, broken(0.03));
    const patient = await steady(crowd, watchedMs, rate);
    assert.deepEqual([...countBy(answered(patient), siteOf).keys()], [home]);
    assert.notEqual(await stateOf(scene), "tripped");
    await scene.pools.setMood({ site: home }, broken(0.2));
    await steady(crowd, inForm({ short: 2_500, full: 20_000 }), rate);
    // At the statistics' speed its half-open check may have begun; only a pool that has tripped has one.
    assert.match((await stateOf(scene)) ?? "", /^(tripped|recovering)$/);
    assert.deepEqual([...countBy(await many(20, 4, () => crowd.post()), siteOf).keys()], ["site-b"]);
  },
);

onItsOwn(
  { endpoints: 3 },
  ["20. 2 errors of 4 move nothing, and the state says that it knows too little", ["statistics", "traffic"]],
  async (scene) => {
    await using crowd = scene.crowd();
    await scene.pools.setMood({ site: home }, broken(0.5));
    const seen = await many(4, 1, () => crowd.post());
    assert.ok(seen.some(({ status }) => status === 503));
    // Two evaluations of the slowest kind.
    await sleep(1_500);
    assert.equal(await stateOf(scene), "insufficient-data");
    await scene.pools.setMood({ site: home }, {});
    assert.equal(siteOf(await crowd.post()), home);
  },
);

for (const [what, mood] of [
  ["401", { failing: { share: 1, status: 401, grpcStatus: 16 } }],
  [
    "429 that says rejected-saturated",
    {
      failing: {
        share: 1,
        status: 429,
        grpcStatus: 8,
        headers: { "x-llm-d-request-dropped-reason": "rejected-saturated" },
      },
    },
  ],
] as const satisfies readonly (readonly [string, Mood])[]) {
  onItsOwn({ endpoints: 3 }, [`21. a storm of ${what} is no outage`, ["statistics", "traffic"]], async (scene) => {
    await using crowd = scene.crowd();
    await scene.pools.setMood({ site: home }, mood);
    const seen = await steady(crowd, inForm({ short: 2_500, full: 30_000 }));
    assert.notEqual(await stateOf(scene), "tripped");
    // A refusal for want of room is carried to the other site, as far as the budget goes; a 401 is an answer.
    const served = countBy(answered(seen), ({ servedBy, status }) => `${servedBy.split("/")[0]} ${status}`);
    assert.ok((served.get(`${home} ${mood.failing.status}`) ?? 0) > 0, JSON.stringify([...served]));
    if (mood.failing.status === 401) assert.deepEqual([...served.keys()], [`${home} 401`]);
    await scene.pools.setMood({ site: home }, {});
    const after = await many(20, 4, () => crowd.post());
    assert.deepEqual([...countBy(after, (one) => `${siteOf(one)} ${channelOf(one)}`)], [[`${home} stable`, 20]]);
  });
}

const broken = (share: number): Mood => ({ failing: { share, status: 503, grpcStatus: 14 } });

const steady = (crowd: Crowd, forMs: number, rate = perSecond): Promise<Seen[]> =>
  pace({ perSecond: rate, forMs }, () => crowd.post());

const answered = (seen: readonly Seen[]): readonly Seen[] => seen.filter(({ servedBy }) => servedBy !== "");

async function stateOf({ plane }: Scene): Promise<string | undefined> {
  const pools = await plane.traffic(home);
  return pools.find(({ target }) => target === `pool:chat/stable@${home}`)?.state;
}
