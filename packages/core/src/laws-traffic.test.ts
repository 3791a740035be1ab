import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultChannel } from "./config.ts";
import { Leader } from "./fixtures.ts";
import { sitesOf } from "./placement.ts";
import { siteHealth } from "./site-health.ts";
import { valueOf } from "./table.ts";
import { poolKey } from "./target.ts";
import { anyConfig, anySeen, ballotsOf, type Cycle, holds as holdsAlways } from "./test-histories.ts";

/* Laws of what real traffic may do, over any history. See laws.test.ts. */

const runs = { numRuns: Number(process.env["LAW_RUNS"] ?? 40) };
const holds = (law: () => (cycle: Cycle) => void): void => holdsAlways(law, runs.numRuns);

test("a degraded site is left only for one that is healthy by quorum and hasn't just tripped, on the site's own word or a majority's", () => {
  holds(() => (cycle) => {
    const { config } = cycle.after.durable;
    for (const { service: name, cause, to, situation } of cycle.outcome.change?.decisions ?? []) {
      if (cause.kind !== "leave-degraded" || cycle.outcome.change?.isConfigNew) continue;
      const found = config.services.find((entry) => entry.name === name);
      assert.ok(found);
      const { watch } = cycle.outcome;
      const { verdicts, blamed } = watch;
      assert.deepEqual(
        // A failback that stops goes back to where most of the traffic is already.
        blamed.filter(
          (what) => what.kind === "ourselves" || (what.service === name && what.channel === defaultChannel(found)),
        ).length > 0 && situation !== "failback-stopped",
        false,
      );
      for (const at of sitesOf(to)) {
        assert.equal(siteHealth(config, found, { site: at, watch }).kind, "healthy");
        assert.equal(valueOf(verdicts, poolKey(name, defaultChannel(found), at))?.trip, undefined);
      }
      const left = siteHealth(config, found, { site: cause.site, watch });
      if (left.because === "own-traffic") assert.equal(valueOf(verdicts, left.target)?.trip?.standing, "said");
      else assert.ok(left.because === "failing-looks" || left.because === "split", left.because);
    }
  });
});

test("what sites say of their own traffic only ever makes a healthy target degraded", () => {
  fc.assert(
    fc.property(anyConfig, fc.array(anySeen, { minLength: 1, maxLength: 20 }), (config, seen) => {
      const [told, mute] = [new Leader(config), new Leader(config)];
      for (const each of seen) {
        told.cycle(told.now + 1_000, ballotsOf(config, each));
        mute.cycle(mute.now + 1_000, ballotsOf(config, { ...each, traffic: [] }));
        for (const [key, place] of told.world.watch.verdicts.places) {
          const verdict = told.world.watch.verdicts.values[place]?.verdict;
          assert.ok(verdict);
          const without = valueOf(mute.world.watch.verdicts, key)?.verdict.kind;
          assert.ok(verdict.kind === without || (without === "healthy" && verdict.kind === "degraded"), key);
        }
      }
    }),
    runs,
  );
});
