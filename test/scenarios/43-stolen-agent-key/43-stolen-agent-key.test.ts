import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "@sluice/core";
import { type Answer, readSigner, request } from "@sluice/runtime";
import { counted, everybodyHas, keysOf, metricsOf, steady } from "../world/keys.ts";
import { openWorld, type World } from "../world/world.ts";

test("a stolen agent's key votes until it is revoked, is refused and counted from then on, and the agent comes back with another", async () => {
  await using world = await openWorld(steady);
  const keys = keysOf(world);
  const thief = await thiefOf(world, `${keys.root}/agent-a.key`);
  assert.equal((await thief()).status, 200, "who has the key is the agent");

  await keys.revoke(["agent-a"]);
  const refused = await thief();
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [409, "VOTE_REFUSED"]);
  assert.match(JSON.stringify(refused.body), /revoked-key/);
  const url = world.parts.config.arbiters[0]?.url ?? "";
  assert.ok(counted(await metricsOf(url), "sluice_arbiter_reports_total", "revoked-key") > 0);
  await world.untilStatus("its vantage is lost", (status) => !isFresh(status));
  await world.answers("site-a");

  await keys.rotate("agent-a");
  await everybodyHas(world, 3);
  await world.untilStatus("the agent votes with its new key, not restarted", isFresh);
  assert.equal((await thief()).status, 409);
});

const isFresh = ({ vantages }: Awaited<ReturnType<World["status"]>>): boolean =>
  vantages.find(({ agent }) => agent === "agent-a")?.isFresh === true;

/** Somebody elsewhere who says that site-a is down, in the agent's name, with the copy of its key that was taken. */
async function thiefOf(world: World, file: string): Promise<() => Promise<Answer>> {
  const signer = await readSigner(file, "agent-a");
  const url = world.parts.config.arbiters[0]?.url ?? "";
  let seq = 0;
  return () => {
    seq += 1;
    const report: Report = {
      agent: "agent-a",
      arbiter: "arbiter-w",
      nonce: "",
      bootId: "the thief's",
      seq,
      configRevision: 0,
      selfCheck: { kind: "ok" },
      votes: [{ target: "pool:chat/stable@site-a", opinion: "down", suspect: false }],
    };
    return request({ url: `${url}/v1/reports`, method: "POST", body: signer.sign("report", report), timeoutMs: 5_000 });
  };
}
