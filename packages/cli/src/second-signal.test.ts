import assert from "node:assert/strict";
import { test } from "node:test";
import { secondSignal } from "./second-signal.ts";

const pressed: readonly (readonly [what: string, atMs: readonly number[], isHurried: boolean])[] = [
  ["nothing", [], false],
  ["one", [0], false],
  ["one that arrives three times, by the terminal, npx and pnpm", [0, 3, 40], false],
  ["two", [0, 900], true],
  ["two, each of them twice", [0, 5, 900, 905], true],
];

for (const [what, atMs, isHurried] of pressed) {
  test(`Ctrl-C: ${what}`, (t) => {
    let now = 1_000;
    const before = process.listeners("SIGINT");
    const signal = secondSignal(() => now);
    t.after(() => {
      for (const name of ["SIGINT", "SIGTERM"] as const)
        for (const listener of process.listeners(name)) if (!before.includes(listener)) process.off(name, listener);
    });
    for (const at of atMs) {
      now = 1_000 + at;
      process.emit("SIGINT");
    }
    assert.equal(signal.aborted, isHurried);
  });
}
