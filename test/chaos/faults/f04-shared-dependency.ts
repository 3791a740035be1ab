import type { Fault } from "../fault.ts";

export const sharedDependency: Fault = {
  id: "F4",
  about: "What both sites depend on is down",
  how: "all model servers of A and B answer 500",
  // One of them is found dead first, and is left for the other; and one is seen well first. Between the two all is as it was.
  expect: { kind: "calm", forMs: 12_000, movesMax: 2 },
  inject: async (scene) => {
    await Promise.all(["site-a", "site-b"].map((site) => scene.models(site, { status: { code: 500, rate: 1 } })));
  },
  heal: async (scene) => {
    await Promise.all(["site-a", "site-b"].map((site) => scene.models(site, {})));
  },
};
