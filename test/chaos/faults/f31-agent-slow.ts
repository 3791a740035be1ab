import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";

export const agentSlow: Fault = {
  id: "F31",
  about: "An agent stands still for 5 s, again and again",
  how: "SIGSTOP for 5 s, SIGCONT for one, three times",
  expect: { kind: "stays", forMs: 1_000 },
  inject: async (scene) => {
    for (let turn = 0; turn < 3; turn += 1) {
      scene.pause("agent-b");
      await sleep(5_000, scene.signal);
      await scene.bringBack("agent-b");
      await sleep(1_000, scene.signal);
    }
  },
  heal: (scene) => scene.bringBack("agent-b"),
};
