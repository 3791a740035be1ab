import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Registry } from "prom-client";
import { makeAgentMetrics } from "./metrics.ts";

test("docs/agent.md lists every metric with its meaning, and no other", async () => {
  const registry = new Registry();
  makeAgentMetrics(registry);
  const real = (await registry.getMetricsAsJSON()).map(({ name, help }) => `${name}: ${help}`);
  const page = readFileSync(join(import.meta.dirname, "../../../docs/agent.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(sluice_agent_[a-z_]+)` \| (.+) \|$/gm)];
  assert.deepEqual(
    rows.map(([, name, help]) => `${name}: ${help}`),
    real,
  );
});
