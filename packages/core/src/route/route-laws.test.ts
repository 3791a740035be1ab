import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RouteDecision, RouteSite, ServiceRoute } from "./route.ts";
import { routeRequest } from "./route-request.ts";
import { testHash } from "./test-hash.ts";
import { admits, chatRoute, compiled, factsOf, withoutPools } from "./test-route.ts";

const names = ["site-a", "site-b", "site-c"];
const pools = chatRoute.pools.map(({ channel, site }) => `${channel}@${site}`);
const users = Array.from({ length: 1_000 }, (_, at) => `user-${at}`);

const anyShares = fc.dictionary(
  fc.constantFrom(...pools),
  fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
);
const anySites = fc
  .tuple(
    fc.shuffledSubarray(names),
    fc.array(fc.constantFrom("placed", "standby", "drained"), { minLength: 3, maxLength: 3 }),
  )
  .map(([sites, roles]) => sites.map((site, at) => ({ site, role: roles[at] }) as RouteSite));
const anyRoute: fc.Arbitrary<Partial<ServiceRoute>> = fc
  .tuple(anySites, fc.subarray(pools), fc.option(fc.constantFrom("stable", "canary", "gone"), { nil: undefined }))
  .map(([sites, gone, pinnedChannel]) => ({
    sites,
    ...withoutPools((channel, site) => gone.includes(`${channel}@${site}`)),
    ...(pinnedChannel === undefined ? {} : { pinnedChannel }),
  }));
const anyHeaders = fc.record(
  { "x-user-id": fc.constantFrom(...users), "x-model-variant": fc.constantFrom("next-v2", "x", "") },
  { requiredKeys: [] },
);
const anyHere = fc.constantFrom(...names, "site-z");

const routed = (decision: RouteDecision): Extract<RouteDecision, { kind: "route" }> => {
  assert.ok(decision.kind === "route", JSON.stringify(decision));
  return decision;
};

test("whatever the state, sites are given, each once, and each with a pool; only a route without pools refuses", () => {
  fc.assert(
    fc.property(
      anyRoute,
      anyShares,
      anyHeaders,
      anyHere,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (change, shares, headers, here, chance) => {
        const decision = routeRequest(compiled(change, here), factsOf(headers, { chance }), admits(shares));
        if (decision.kind === "refuse") {
          assert.ok(decision.reason === "variant-unavailable" || change.pools?.length === 0);
          return;
        }
        assert.ok(decision.sites.length > 0 && new Set(decision.sites).size === decision.sites.length);
        for (const site of decision.sites) {
          assert.ok(change.pools?.some((pool) => pool.channel === decision.channel && pool.site === site));
        }
      },
    ),
  );
});

test("who is asked twice answers the same: explain is the routing itself", () => {
  fc.assert(
    fc.property(anyRoute, anyShares, anyHeaders, anyHere, (change, shares, headers, here) => {
      const ask = () => routeRequest(compiled(change, here), factsOf(headers), admits(shares));
      assert.deepEqual(ask(), ask());
    }),
  );
});

test("a user keeps his channel whatever sites do, as long as one of them serves it", () => {
  const anySiteShares = fc.record({
    "site-a": fc.constantFrom(0, 1),
    "site-b": fc.constantFrom(0, 1),
    "site-c": fc.constantFrom(0, 1),
  });
  fc.assert(
    fc.property(anySites, anySiteShares, anyHere, fc.constantFrom(...users), (sites, shares, here, user) => {
      const facts = factsOf({ "x-user-id": user });
      const well = routed(routeRequest(compiled(), facts, admits()));
      const now = routed(routeRequest(compiled({ sites }, here), facts, admits(shares)));
      assert.equal(now.channel, well.channel);
    }),
  );
});

test("a site lost moves its own users and nobody else", () => {
  fc.assert(
    fc.property(anySites, anyShares, anyHere, fc.constantFrom(...names), (sites, shares, here, lost) => {
      const gone = Object.fromEntries(pools.filter((pool) => pool.endsWith(lost)).map((pool) => [pool, 0]));
      const on = compiled({ sites }, here);
      for (const user of users.slice(0, 100)) {
        const facts = factsOf({ "x-user-id": user });
        const before = routed(routeRequest(on, facts, admits(shares)));
        const after = routed(routeRequest(on, facts, admits({ ...shares, ...gone })));
        if (before.sites[0] !== lost)
          assert.deepEqual([after.channel, after.sites[0]], [before.channel, before.sites[0]]);
      }
    }),
  );
});

test("a pool that recovers keeps whom it has admitted while its share grows", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }), (shares) => {
      const on = compiled();
      let before = new Set<string>();
      for (const share of shares.toSorted((a, b) => a - b)) {
        const views = admits({ "site-a": share });
        const admitted = new Set(
          users.filter((user) => routed(routeRequest(on, factsOf({ "x-user-id": user }), views)).sites[0] === "site-a"),
        );
        assert.ok([...before].every((user) => admitted.has(user)));
        before = admitted;
      }
    }),
    { numRuns: 30 },
  );
});

const many = Array.from({ length: 20_000 }, (_, at) => at);
/** Within 4.5 sigma of what chance would give: a false alarm in 100,000 runs, and these draws are the same in each. */
function near(count: number, of: number, share: number): void {
  const difference = Math.abs(count / of - share);
  assert.ok(difference <= 4.5 * Math.sqrt((share * (1 - share)) / of), `${count} of ${of}, not ${share}`);
}

for (const kind of ["users", "chance"] as const) {
  const factsAt = (at: number) =>
    kind === "users"
      ? factsOf({ "x-user-id": `u${at}` })
      : factsOf({}, { chance: testHash(`draw-${at}`, 0) / 2 ** 32 });

  test(`by ${kind}: a pool that admits a share admits that share of each channel`, () => {
    const decisions = many.map((at) => routed(routeRequest(compiled(), factsAt(at), admits({ "site-a": 0.3 }))));
    for (const channel of ["stable", "canary"]) {
      const its = decisions.filter((decision) => decision.channel === channel);
      near(its.length, many.length, 0.5);
      near(its.filter(({ sites }) => sites[0] === "site-a").length, its.length, 0.3);
    }
  });

  test(`by ${kind}: whom one recovering pool keeps out, the next one mostly takes`, () => {
    const views = admits({ "site-a": 0.5, "site-b": 0.5, "site-c": 0 });
    const decisions = many.map((at) => routed(routeRequest(compiled(), factsAt(at), views)));
    const second = decisions.filter(({ sites }) => sites[0] === "site-b").length;
    assert.ok(second > 0.2 * many.length, `${second} of ${many.length}`);
  });
}
