import type { Fault } from "../fault.ts";

export const witnessLost: Fault = {
  id: "F8",
  about: "The witness is lost, its leading arbiter too",
  how: "SIGKILL to all of its processes but the database",
  expect: { kind: "stays", forMs: 18_000 },
  whyWrong: async (scene) => {
    const { quorum, leader } = await scene.status();
    if (quorum.fresh !== 2) return `${quorum.fresh} vantages are heard, and two are there`;
    return leader === "arbiter-w" ? "the dead one still leads" : undefined;
  },
  inject: async (scene) => scene.kill("site-w"),
  heal: (scene) => scene.bringBack("site-w"),
};
