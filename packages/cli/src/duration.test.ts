import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "./duration.ts";

const durations = { "0s": 0, "90s": 90_000, "15m": 900_000, "2h": 7_200_000, "1d": 86_400_000, "999999s": 999_999_000 };

for (const [text, ms] of Object.entries(durations)) {
  test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

for (const text of ["", "90", "s", "1.5h", "-1s", "1 s", "1S", "1w", "1s1s", "1234567s", "٣s"]) {
  test(`"${text}" is no duration`, () => {
    assert.throws(() => parseDuration(text), { code: "USAGE", hint: "Write 90s, 15m, 2h or 1d." });
  });
}
