import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../world/world.ts";

test("leaving the last serving site is refused by name, and passes only when the request names the rule", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  await world.stopModels("site-b");
  await world.untilStatus("site-b is down", ({ services }) => services[0]?.situation === "serving-without-standby");
  const { fence } = await world.status();
  const ask = { kind: "pin", service: "chat", site: "site-b", reason: "I know what I do" };
  const refused = await world.operate("POST", "/v1/overrides", ask);
  const problem = refused.body as { code: string; rule: string; hint: string };
  assert.deepEqual([refused.status, problem.code, problem.rule], [409, "FLOOR", "last-serving-site"]);
  assert.match(problem.hint, /last-serving-site/);
  const failover = { to: "site-b", reason: "I know what I do" };
  assert.equal((await world.operate("POST", "/v1/services/chat/failover", failover)).status, 409);
  const drain = { kind: "drain", site: "site-a", reason: "I know what I do" };
  assert.equal((await world.operate("POST", "/v1/overrides", drain)).status, 409);
  await world.staysFor(4);
  assert.equal((await world.status()).fence, fence);
  const named = { ...ask, overrideRules: ["last-serving-site"] };
  const done = await world.operate("POST", "/v1/overrides", named);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  await world.answers("site-b");
  const [audited] = await world.events("rule-overridden");
  assert.deepEqual([audited?.rule, audited?.reason], ["last-serving-site", "I know what I do"]);
});
