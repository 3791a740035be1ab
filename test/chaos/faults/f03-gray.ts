import type { Fault } from "../fault.ts";

export const gray: Fault = {
  id: "F3",
  about: "30 % of Site A's answers are errors",
  how: "its model servers answer 503 at that rate",
  expect: { kind: "calm", forMs: 25_000, movesMax: 1 },
  inject: (scene) => scene.models("site-a", { status: { code: 503, rate: 0.3 } }),
  heal: (scene) => scene.models("site-a", {}),
};
