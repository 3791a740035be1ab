import assert from "node:assert/strict";
import { assertAnswered, channelOf, many } from "./clients/load.ts";
import { inForm } from "./form.ts";
import { onEachPlane } from "./scenario.ts";
import type { Scene } from "./scene.ts";
import { assertShares, countBy } from "./tolerance.ts";
import type { VariantRule } from "./words.ts";

const requests = inForm({ short: 300, full: 1_000 });
const value = "experiment-v2";
const variant: VariantRule = {
  header: "x-model-variant",
  values: [{ value, channel: "experiment" }],
  whenDead: "strict",
  whenUnknown: "split",
};

onEachPlane({ weights: { stable: 90, canary: 10, experiment: 0 }, variant }, (scenario) => {
  scenario(
    "5. the header beats the weights, for every user, however its name is written",
    ["variant"],
    async (scene) => {
      await using crowd = scene.crowd();
      for (const name of ["x-model-variant", "X-Model-Variant", "X-MODEL-VARIANT"]) {
        const seen = await many(requests, 16, (index) => crowd.ask({ [name]: value, "x-user-id": `user-${index}` }));
        assertAnswered(seen);
        assertShares(countBy(seen, channelOf), { experiment: 1 });
      }
    },
  );

  scenario("5. its value is compared exactly, and no other goes there", ["variant"], async (scene) => {
    await using crowd = scene.crowd();
    const values = ["Experiment-V2", "experiment-v2x", "experiment-v", `${value},${value}`, "*"];
    const seen = await many(requests, 16, (index) =>
      crowd.ask({ "x-model-variant": values[index % values.length] ?? "" }),
    );
    assertAnswered(seen);
    assertShares(countBy(seen, channelOf), { stable: 90, canary: 10 });
  });

  scenario("6. in gRPC metadata it does the same, unary and in both directions", ["variant", "grpc"], async (scene) => {
    using client = scene.grpc();
    const metadata = { "x-model-variant": value };
    const third = Math.ceil(requests / 3);
    const unary = await many(third, 8, () => client.unary({ text: "x" }, { metadata }));
    assert.deepEqual(
      [...countBy(unary, ({ status, servedBy }) => `${status.code} ${servedBy.split("/")[1]}`)],
      [["0 experiment", third]],
    );
    const bidi = await client.bidi([{ text: "a" }, { text: "b" }], { metadata });
    assert.deepEqual([bidi.status.code, bidi.replies.map(channelOf)], [0, ["experiment", "experiment"]]);
    const plain = await many(third, 8, () => client.unary({ text: "x" }));
    assertShares(countBy(plain, channelOf), { stable: 90, canary: 10 });
  });

  scenario("7. no path is more precise than the header", ["variant"], async (scene) => {
    await using crowd = scene.crowd();
    const paths = ["/", "/v1/chat/completions", "/v1/models?x=1", "/a/b/c/d/e/f", "/%2e%2e/x", "//double", "/v1/"];
    for (const path of paths) {
      const seen = await crowd.ask({ "x-model-variant": value }, path);
      assert.deepEqual([seen.status, channelOf(seen)], [200, "experiment"], path);
    }
  });

  scenario(
    "8. an unknown value gets the split of everybody, or a refusal if the rule says so",
    ["variant", "variant-dead"],
    async (scene) => {
      await change(scene, { ...variant, whenUnknown: "refuse" });
      await using crowd = scene.crowd();
      const refused = await crowd.ask({ "x-model-variant": "nobody" });
      assert.deepEqual([refused.status, refused.reason], [400, "variant-unknown"]);
      await change(scene, variant);
      const seen = await many(requests, 16, () => crowd.ask({ "x-model-variant": "nobody" }));
      assertAnswered(seen);
      assertShares(countBy(seen, channelOf), { stable: 90, canary: 10 });
    },
  );

  scenario(
    "8. a dead variant is refused with its reason and never silently stable, or falls back and says so",
    ["variant", "variant-dead"],
    async (scene) => {
      await using crowd = scene.crowd();
      await scene.pools.setMood({ channel: "experiment" }, { refuse: true });
      const strict = await many(40, 4, (index) =>
        crowd.ask({ "x-model-variant": value, "x-user-id": `user-${index}` }),
      );
      // The first ones find out that it is dead: a gateway's own 502 or 503, and never another channel.
      assert.deepEqual([...countBy(strict, ({ servedBy }) => servedBy)], [["", 40]]);
      assert.ok(strict.every(({ status }) => status === 502 || status === 503));
      assert.deepEqual([strict.at(-1)?.status, strict.at(-1)?.reason], [503, "variant-unavailable"]);
      await change(scene, { ...variant, whenDead: "fallback" });
      const fallen = await scene.ask("/echo", { headers: { "x-model-variant": value } });
      assert.deepEqual([fallen.status, fallen.headers["x-sluice-variant-fallback"]], [200, "1"]);
      assert.notEqual(channelOf(fallen), "experiment");
    },
  );
});

async function change(scene: Scene, rule: VariantRule): Promise<void> {
  await (await scene.plane.setVariant(rule)).applied();
}
