import assert from "node:assert/strict";

const deadlineMs = 10_000;
const lookEveryMs = 20;

/** Waits until a condition holds, by real time, and fails when it does not come to hold. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `waited ${deadlineMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
