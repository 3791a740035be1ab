import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, configOf } from "./fixtures.ts";
import { rtoBudget } from "./rto.ts";

const arbiter = (site: string) => ({ name: `arbiter-${site}`, site, url: "http://192.0.2.1:7400" });
const safe = { ...configOf(), arbiters: [arbiter("witness")] };
const [service = chat] = safe.services;
const termsOf = (budget: ReturnType<typeof rtoBudget>): string[] => budget.terms.map(({ name, ms }) => `${name} ${ms}`);

test("the budget of the defaults, term by term, with the silent fault that costs a deadline twice", () => {
  const budget = rtoBudget(safe, service);
  // One interval, one deadline, then three quarters of an interval to the last look, and its own deadline.
  assert.deepEqual(termsOf(budget), ["detect 3750", "decide 1000", "apply 2000", "resolver 5000", "client 60000"]);
  assert.deepEqual([budget.authoritativeMs, budget.totalMs], [6_750, 71_750]);
});

test("a single failed look needs no second one", () => {
  const probes = { ...safe.probes, fall: 1 };
  assert.equal(rtoBudget({ ...safe, probes }, service).terms[0]?.ms, 2_000);
});

const store = { site: "site-a", acceptStoreRisk: "a trial" };
const three = ["witness", "site-a", "site-b"].map(arbiter);
const lossOf = (config: Parameters<typeof rtoBudget>[0]) => {
  const { name, ms, because } = rtoBudget(config, service).terms[3] ?? { name: "", ms: 0, because: "" };
  return [`${name} ${ms}`, /nothing moves until/.test(because), /too few/.test(because)];
};

test("the first arbiter in a serving site costs an election, and with the store beside it there may be nobody to move", () => {
  assert.deepEqual(lossOf({ ...safe, arbiters: [arbiter("site-a")] }), ["leader 13000", false, false]);
  assert.deepEqual(lossOf({ ...safe, arbiters: [arbiter("site-a")], store }), ["leader 13000", true, false]);
});

test("the store in a serving site costs the promises of the others, if enough are left to promise", () => {
  assert.deepEqual(lossOf({ ...safe, arbiters: three, store }), ["failsafe 6000", true, false]);
  assert.deepEqual(lossOf({ ...safe, store }), ["failsafe 6000", true, true]);
});

test("a tight objective promises answers, and warns about browsers; a wide one must cover them", () => {
  const objective = (rtoSeconds: number) => rtoBudget(safe, { ...service, rtoSeconds });
  assert.deepEqual([objective(11).meets, objective(12).meets, objective(60).meets], [false, true, true]);
  assert.deepEqual([objective(61).meets, objective(71).meets, objective(72).meets], [false, false, true]);
  assert.deepEqual([objective(60).warnings.length, objective(72).warnings.length], [1, 0]);
});

test("what it says stands at the path in the file", () => {
  const config = { ...safe, services: [service, { ...service, name: "embed", rtoSeconds: 1 }] };
  const second = config.services[1];
  assert.ok(second);
  const { problems } = rtoBudget(config, second);
  assert.deepEqual(
    problems.map(({ path, message }) => `${path}: ${message}`),
    ["services[1].rtoSeconds: 11.75 s in the worst case, more than the objective of 1 s"],
  );
});
