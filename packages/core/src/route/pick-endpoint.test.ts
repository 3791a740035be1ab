import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EndpointLoad, loadBoundFactor, pickEndpoint } from "./pick-endpoint.ts";
import { testHash } from "./test-hash.ts";

type Endpoint = { readonly hash: number; load: number; isOut: boolean };

const endpointsOf = (count: number, load = 0): Endpoint[] =>
  Array.from({ length: count }, (_, at) => ({ hash: testHash(`192.0.2.${at + 1}:8000`, 0), load, isOut: false }));
const users = Array.from({ length: 10_000 }, (_, at) => testHash(`user-${at}`, 7));
const chances = Array.from({ length: 10_000 }, (_, at) => testHash(`draw-${at}`, 7) / 2 ** 32);

const picksOf = (endpoints: readonly EndpointLoad[]): number[] =>
  users.map((userHash) => pickEndpoint(endpoints, { userHash }));
const drawsOf = (endpoints: readonly EndpointLoad[]): number[] =>
  chances.map((chance) => pickEndpoint(endpoints, { chance }));

/** Each of `count` endpoints is picked within 4.5 sigma of its equal part. */
function checkSpread(picks: readonly number[], count: number): void {
  const share = 1 / count;
  for (let index = 0; index < count; index += 1) {
    const got = picks.filter((pick) => pick === index).length / picks.length;
    assert.ok(Math.abs(got - share) <= 4.5 * Math.sqrt((share * (1 - share)) / picks.length), `${index}: ${got}`);
  }
}

test("users and draws spread evenly over endpoints of even load", () => {
  for (const count of [1, 2, 3, 4, 5, 16]) {
    checkSpread(picksOf(endpointsOf(count, 8)), count);
    checkSpread(drawsOf(endpointsOf(count, 8)), count);
  }
});

test("one endpoint more takes its part of the users and moves nobody between the others", () => {
  for (const count of [1, 4, 9]) {
    const before = picksOf(endpointsOf(count, 4));
    const after = picksOf(endpointsOf(count + 1, 4));
    const moved = after.filter((pick, user) => pick !== before[user]);
    assert.ok(moved.every((pick) => pick === count));
    assert.ok(moved.length / users.length <= 1 / (count + 1) + 0.03, `${moved.length}`);
  }
});

test("only the users of an endpoint that is out move, and spread over the others", () => {
  const endpoints = endpointsOf(5, 4);
  const before = picksOf(endpoints);
  const after = picksOf(endpoints.map((endpoint, at) => ({ ...endpoint, isOut: at === 2 })));
  for (const [user, pick] of before.entries()) assert.ok(pick === 2 || after[user] === pick);
  const moved = after.filter((_, user) => before[user] === 2).map((pick) => [0, 1, 3, 4].indexOf(pick));
  checkSpread(moved, 4);
});

test("a list in another order sends nobody elsewhere", () => {
  const endpoints = endpointsOf(7, 2);
  const reversed = [...endpoints].reverse();
  const hashes = picksOf(endpoints).map((pick) => endpoints[pick]?.hash);
  assert.deepEqual(
    picksOf(reversed).map((pick) => reversed[pick]?.hash),
    hashes,
  );
});

const anyEndpoints = fc.array(
  fc.record({ hash: fc.integer({ min: 0, max: 2 ** 32 - 1 }), load: fc.nat(50), isOut: fc.boolean() }),
  { maxLength: 12 },
);
const anyDraw = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((userHash) => ({ userHash })),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((chance) => ({ chance })),
);

test("somebody is picked as long as one endpoint is in, and never one that is out", () => {
  fc.assert(
    fc.property(anyEndpoints, anyDraw, (endpoints, draw) => {
      const picked = endpoints[pickEndpoint(endpoints, draw)];
      assert.equal(
        picked?.isOut ?? true,
        endpoints.every(({ isOut }) => isOut),
      );
    }),
  );
});

test("nobody who sends all at once drives an endpoint over the bound", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 200 }),
      (count, requests) => {
        const endpoints = endpointsOf(count);
        for (const [at, user] of requests.entries()) {
          const picked = endpoints[pickEndpoint(endpoints, { userHash: users[user] ?? 0 })];
          assert.ok(picked);
          picked.load += 1;
          assert.ok(picked.load <= Math.ceil((loadBoundFactor * (at + 1)) / count));
        }
      },
    ),
  );
});

test("a user whose endpoint is full goes to the second of his own, and comes home when it isn't", () => {
  const endpoints = endpointsOf(4, 4);
  for (const userHash of users.slice(0, 100)) {
    const home = pickEndpoint(endpoints, { userHash });
    const withHome = (change: Partial<Endpoint>) =>
      pickEndpoint(
        endpoints.map((endpoint, at) => (at === home ? { ...endpoint, ...change } : endpoint)),
        { userHash },
      );
    assert.equal(withHome({ load: 9 }), withHome({ isOut: true }));
    assert.notEqual(withHome({ load: 9 }), home);
    assert.equal(withHome({ load: 5 }), home);
  }
});

test("of two drawn, the one with fewer requests gets it: the busiest of four gets nothing, the idlest half", () => {
  const picks = drawsOf(endpointsOf(4).map((endpoint, at) => ({ ...endpoint, load: at })));
  const shares = [0, 1, 2, 3].map((index) =>
    Math.round((6 * picks.filter((pick) => pick === index).length) / picks.length),
  );
  assert.deepEqual(shares, [3, 2, 1, 0]);
});
