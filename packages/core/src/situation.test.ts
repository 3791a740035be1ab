import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf, configOfThree, failoverOn, Leader, overrideOf, serviceOn, weightedOn } from "./fixtures.ts";
import type { Opinion } from "./model.ts";
import { type SituationKind, situationKinds } from "./situation.ts";

type Health = Readonly<Record<string, Opinion>>;
const [up, bad, down] = ["healthy", "degraded", "down"] as const;
const ab = (a: Opinion, b: Opinion): Health => ({ "site-a": a, "site-b": b, "site-c": "unknown" });
const pair = serviceOn(failoverOn("site-a", "site-b"));
const sorry = serviceOn(failoverOn("site-a", "site-b"), { allBad: { kind: "sorry", addresses: ["127.0.0.99"] } });
const shared = serviceOn(weightedOn({ "site-a": 80, "site-b": 20 }));
const auto = serviceOn(weightedOn({ "site-a": 80, "site-b": 20 }), {
  failback: { kind: "auto-after", afterMs: 60_000 },
});

/** What each situation looks like: the service, what is seen cycle by cycle, and where it is answered then. */
const table: Readonly<
  Record<Exclude<SituationKind, "unplaced">, [typeof pair, readonly Health[], readonly string[], number?]>
> = {
  serving: [pair, [ab(up, up)], ["site-a"]],
  "serving-away": [pair, [ab(down, up), ...Array<Health>(125).fill(ab(up, up))], ["site-b"]],
  "serving-without-standby": [pair, [ab(up, down)], ["site-a"]],
  "site-unknown": [pair, [ab("unknown", up)], ["site-a"]],
  "site-degraded-standby-ready": [pair, [ab(up, up), ab(bad, up)], ["site-b"]],
  "site-degraded-no-standby": [pair, [ab(bad, bad)], ["site-a"]],
  "site-down-standby-ready": [pair, [ab(down, up)], ["site-b"]],
  "site-down-standby-degraded": [pair, [ab(down, bad)], ["site-b"]],
  "site-down-standby-quarantined": [pair, [ab(down, up), ab(up, down)], ["site-a"]],
  "everything-down": [sorry, [ab(down, down)], ["sorry"]],
  "recovered-from-all-bad": [sorry, [ab(down, down), ab(down, up)], ["site-b"]],
  "share-site-down": [shared, [ab(down, up)], ["site-b"]],
  "share-site-back": [auto, [ab(down, up), ...Array<Health>(121).fill(ab(up, up))], ["site-a", "site-b"]],
  "failing-back": [auto, [ab(down, up), ...Array<Health>(122).fill(ab(up, up))], ["site-a", "site-b"], 60_000],
  "failback-stopped": [
    auto,
    [ab(down, up), ...Array<Health>(122).fill(ab(up, up)), ab("degraded", up)],
    ["site-b"],
    60_000,
  ],
};

for (const [kind, [service, seen, answered, rampStepMs = 0]] of Object.entries(table)) {
  test(`${kind} is named, and answered at ${answered.join(" and ")}`, () => {
    const config = configOfThree(service);
    const leader = new Leader({ ...config, guards: { ...config.guards, rampStepMs } });
    let named: string | undefined;
    for (const health of seen) {
      leader.pass(5_000, health);
      named = leader.situation;
    }
    assert.equal(named, kind);
    assert.deepEqual(leader.answered, answered);
  });
}

test("the table has every situation; a new service comes from unplaced", () => {
  assert.deepEqual([...Object.keys(table), "unplaced"].sort(), [...situationKinds].sort());
  const { events } = new Leader(configOfThree(pair)).see(ab(up, up));
  const changed = events.find((event) => event.kind === "situation-changed");
  assert.deepEqual(changed, { kind: "situation-changed", service: "chat", from: "unplaced", to: "serving" });
});

test("the situation of a service that is gone is forgotten", () => {
  const leader = new Leader(configOfThree(pair, { ...pair, name: "embed", host: "embed.example.test" }));
  leader.see(ab(up, up));
  const config = configOfThree(pair);
  leader.see(ab(up, up), [commandOf({ kind: "apply-config", config, revisionBefore: 1 })]);
  assert.deepEqual(Object.keys(leader.world.watch.situations), ["chat"]);
  assert.equal(
    leader.ask({ kind: "set-override", override: overrideOf("freeze", { service: "embed" }) }, ab(up, up))?.kind,
    "refused",
  );
});
