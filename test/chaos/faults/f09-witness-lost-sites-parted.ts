import type { Fault } from "../fault.ts";
import { bothWays, cut, mend } from "../net/cuts.ts";

export const witnessLostSitesParted: Fault = {
  id: "F9",
  about: "The witness is lost, and A and B don't reach each other",
  how: "F8 and F5 together",
  expect: { kind: "stays", forMs: 18_000 },
  inject: async (scene) => {
    scene.kill("site-w");
    await cut(bothWays("site-a", "site-b"));
  },
  heal: async (scene) => {
    await mend();
    await scene.bringBack("site-w");
  },
};
