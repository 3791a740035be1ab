import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../world/until.ts";
import { openWorld, type World } from "../world/world.ts";

type Explained = {
  readonly targets: readonly {
    readonly target: string;
    readonly verdict: { readonly kind: string; readonly because: string };
    readonly votes: readonly { readonly agent: string; readonly opinion: string }[];
  }[];
};

async function explained(world: World) {
  const { targets } = (await world.get("/v1/explain/chat")).body as Explained;
  const target = targets.find((entry) => entry.target === "pool:chat/stable@site-a");
  const votes = Object.fromEntries(target?.votes.map(({ agent, opinion }) => [agent, opinion]) ?? []);
  return { verdict: target?.verdict, votes };
}

const addressAt = (world: World, site: string): string =>
  world.parts.config.sites.find((entry) => entry.name === site)?.addresses[0] ?? "";

for (const { vantage, agent, verdict } of [
  { vantage: "site-w", agent: "agent-w", verdict: { kind: "healthy", because: "majority" } },
  { vantage: "site-b", agent: "agent-b", verdict: { kind: "healthy", because: "majority" } },
  { vantage: "site-a", agent: "agent-a", verdict: { kind: "degraded", because: "inside-only" } },
] as const) {
  test(`${vantage} alone loses its way to every site: nothing moves, and the dissenter is named`, async () => {
    await using world = await openWorld({ sites: ["site-a", "site-b"] });
    for (const link of world.parts.links.values()) link.cut([addressAt(world, vantage)]);
    await until(`${agent} says down`, async () => (await explained(world)).votes[agent] === "down" || undefined);
    await world.staysFor(8);
    const seen = await explained(world);
    assert.equal(seen.votes[agent], "down");
    assert.deepEqual(
      Object.values(seen.votes).filter((opinion) => opinion === "healthy"),
      ["healthy", "healthy"],
    );
    assert.deepEqual(seen.verdict, verdict);
    assert.deepEqual(await world.events("decided"), []);
  });
}
