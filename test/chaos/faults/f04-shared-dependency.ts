import type { Fault } from "../fault.ts";

export const sharedDependency: Fault = {
  id: "F4",
  about: "What both sites depend on is down",
  how: "all model servers of A and B answer 500",
  // When all is well again, whichever site is seen so first is the only one that serves, for a moment.
  expect: { kind: "stays", forMs: 12_000, healingMovesMax: 1 },
  inject: async (scene) => {
    await Promise.all(["site-a", "site-b"].map((site) => scene.models(site, { status: { code: 500, rate: 1 } })));
  },
  heal: async (scene) => {
    await Promise.all(["site-a", "site-b"].map((site) => scene.models(site, {})));
  },
};
