import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeKernel } from "./kernel.ts";
import { makeNetwork } from "./simulated-network.ts";
import { makeProcess } from "./simulated-process.ts";

const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const open = (seed = 1) => makeKernel(seed, settled);

test("events come in the order of their time, and of their planning where that is equal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (delays) => {
      const kernel = open();
      const seen: (readonly [number, number])[] = [];
      for (const [index, delay] of delays.entries()) kernel.after(delay, "x", () => seen.push([delay, index]));
      await kernel.run(100);
      const expected = delays.map((delay, index) => [delay, index] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.deepEqual(seen, expected);
    }),
  );
});

test("what an event's promises do is done before the next event", async () => {
  const kernel = open();
  const seen: string[] = [];
  const deep = async (): Promise<void> => {
    for (let depth = 0; depth < 50; depth += 1) await Promise.resolve();
    seen.push("the promise's end");
  };
  kernel.after(1, "first", () => void deep());
  kernel.after(1, "second", () => void seen.push("the next event"));
  await kernel.run(2);
  assert.deepEqual(seen, ["the promise's end", "the next event"]);
});

test("subjects draw apart from each other, and seeds too", () => {
  const draws = (seed: number, subject: string) => {
    const chance = open(seed).chance(subject);
    return [chance.next(), chance.next(), chance.next()];
  };
  assert.deepEqual(draws(1, "a"), draws(1, "a"));
  assert.notDeepEqual(draws(1, "a"), draws(1, "b"));
  assert.notDeepEqual(draws(1, "a"), draws(2, "a"));
});

test("a process that died forgets what it planned, and one that stands still does it afterwards", async () => {
  const kernel = open();
  const subject = makeProcess(kernel, { name: "p", site: "s" });
  const seen: string[] = [];
  subject.start();
  subject.after(10, "x", () => void seen.push(`late at ${kernel.now()}`));
  subject.pause(50);
  subject.after(60, "x", () => void seen.push("of an earlier life"));
  await kernel.run(55);
  assert.deepEqual(seen, ["late at 50"]);
  subject.crash();
  subject.start();
  await kernel.run(100);
  assert.deepEqual(seen, ["late at 50"]);
});

test("the monotonic clock of a suspended machine stands still, and the wall clock goes on", async () => {
  const kernel = open();
  const subject = makeProcess(kernel, { name: "p", site: "s" });
  subject.start();
  const { clock } = subject;
  const [mono, wall] = [clock.monotonicMs(), clock.wallMs()];
  subject.pause(5_000, true);
  await kernel.run(6_000);
  assert.equal(clock.monotonicMs() - mono, 1_000);
  assert.equal(clock.wallMs() - wall, 6_000);
});

test("a one-way cut loses the answer of what was done all the same", async () => {
  const kernel = open();
  const network = makeNetwork(kernel, () => 1);
  const [from, to] = ["a", "b"].map((site) => makeProcess(kernel, { name: site, site }));
  assert.ok(from && to);
  from.start();
  to.start();
  let served = 0;
  const call = () => network.call({ from, to, what: "x", timeoutMs: 100, serve: () => ++served });
  const answers: unknown[] = [];
  void call().then((answer) => answers.push(answer));
  await kernel.run(50);
  network.link("b", "a").isCut = true;
  void call().then((answer) => answers.push(answer));
  await kernel.run(500);
  assert.equal(served, 2);
  assert.deepEqual(answers, [{ kind: "answer", value: 1 }, { kind: "silent" }]);
});
