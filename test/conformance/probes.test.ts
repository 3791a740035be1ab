import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { PoolConfig } from "@sluice/core";
import { openWorld } from "../scenarios/world/world.ts";

// What agents see is theirs alone, so this is played on a world of real agents, an arbiter and nameservers.

test("24. a server that is well but serves no model, or another one, is not ready, and ready again with its model", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"] });
  const model = world.parts.models.get("site-a");
  assert.ok(model);
  await model.setFaults({ missingModel: true });
  const health = await fetch(`${model.url}/health`);
  assert.equal(health.status, 200);
  await world.answers("site-b");
  await model.setFaults({});
  const back = await world.untilStatus("site-a is healthy again", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.site === "site-a" && one.health === "healthy")),
  );
  assert.equal(back.services[0]?.served, "site-b");
});

test("24. a pool that still loads its model is warming, however long it takes, and a standby when it has", async () => {
  await using world = await openWorld({ sites: ["site-a", "site-b"], loading: ["site-b"] });
  const warming = await world.untilStatus("site-b is warming", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.site === "site-b" && one.health === "warming")),
  );
  assert.equal(warming.services[0]?.served, "site-a");
  await world.parts.models.get("site-b")?.setFaults({});
  await world.untilStatus("site-b is ready", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.site === "site-b" && one.isReady)),
  );
  // From now on it has been well, so what it is when it goes down is down.
  await world.parts.models.get("site-b")?.setFaults({ missingModel: true });
  await world.untilStatus("site-b is down", ({ services }) =>
    services.some(({ standby }) => standby.some((one) => one.site === "site-b" && one.health === "down")),
  );
});

test("24. when the metric of ready endpoints vanishes the site is unknown first, which moves nothing, and failed later", async (t) => {
  const pickers = [await openPicker(t), await openPicker(t)];
  const pools = ["site-a", "site-b"].map(
    (site, at): PoolConfig => ({
      channel: "stable",
      site,
      endpoints: [pickers[at]?.address ?? ""],
      endpointsUpMin: 1,
      protocol: "http1",
      probe: {
        kind: "metric",
        path: "/metrics",
        metric: "llm_d_epp_ready_endpoints",
        labels: {},
        min: 1,
        absentMs: 3_000,
      },
    }),
  );
  await using world = await openWorld({ sites: ["site-a", "site-b"], service: { pools } });
  pickers[0]?.say("");
  const unknown = await world.untilStatus("site-a is unknown", ({ services }) =>
    services.some(({ situation }) => situation === "site-unknown"),
  );
  assert.equal(unknown.services[0]?.served, "site-a");
  await world.answers("site-b");
  const [move] = await world.events("decided");
  assert.ok(move);
});

/** An endpoint picker, as far as its metrics go. */
async function openPicker(t: TestContext) {
  let text = 'llm_d_epp_ready_endpoints{name="chat"} 2\n';
  const server = createServer((_request, response) => response.end(text));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, say: (next: string) => void (text = next) };
}
