import assert from "node:assert/strict";
import { test } from "node:test";
import type { Faults } from "@sluice/lab";
import { type FaultOptions, faultsOf } from "./faults.ts";

const asked: readonly (readonly [options: Partial<FaultOptions>, faults: Faults])[] = [
  [{}, {}],
  [{ rate: "0.5" }, {}],
  [{ status: "503" }, { status: { code: 503, rate: 1 } }],
  [{ status: "503", rate: "0.25" }, { status: { code: 503, rate: 0.25 } }],
  [{ latency: "800" }, { latencyMs: 800 }],
  [{ hang: true }, { hang: true }],
  [{ refuse: true }, { refuse: true }],
  [{ missingModel: true }, { missingModel: true }],
  [{ streamError: "3" }, { streamError: { afterChunks: 3 } }],
  [{ alternate: true }, { alternate: true }],
  [
    { status: "500", latency: "0", alternate: true },
    { status: { code: 500, rate: 1 }, latencyMs: 0, alternate: true },
  ],
];

for (const [options, faults] of asked) {
  test(`lab fault ${JSON.stringify(options)}`, () => {
    assert.deepEqual(faultsOf({ rate: "1", ...options }), faults);
  });
}

const wrong: readonly (readonly [options: Partial<FaultOptions>, message: string])[] = [
  [{ status: "teapot" }, "--status: teapot is no number"],
  [{ status: "503", rate: "" }, "--rate:  is no number"],
  [{ latency: "1s" }, "--latency: 1s is no number"],
  [{ latency: "Infinity" }, "--latency: Infinity is no number"],
  [{ streamError: " " }, "--stream-error:   is no number"],
];

for (const [options, message] of wrong) {
  test(`lab fault refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => faultsOf({ rate: "1", ...options }), { code: "USAGE", message });
  });
}
