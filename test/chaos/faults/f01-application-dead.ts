import type { Fault } from "../fault.ts";

export const applicationDead: Fault = {
  id: "F1",
  about: "Site A's application is dead: connections are refused",
  how: "SIGKILL to its model servers",
  expect: { kind: "moves", to: "site-b" },
  inject: async (scene) => scene.kill("site-a-stable-1", "site-a-canary-1"),
  heal: (scene) => scene.bringBack("site-a-stable-1", "site-a-canary-1"),
};
