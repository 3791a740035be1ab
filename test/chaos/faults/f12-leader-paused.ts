import { randomInt } from "node:crypto";
import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";

let leader = "";

export const leaderPaused: Fault = {
  id: "F12",
  about: "The leader stands still in the middle of a change, and wakes",
  how: "SIGSTOP for 20 s, then SIGCONT",
  expect: { kind: "stays", forMs: 20_000 },
  whyWrong: async (scene) => {
    const status = await scene.status();
    return status.isLeading && status.leader !== leader ? undefined : `nobody took over from ${leader}`;
  },
  inject: async (scene) => {
    leader = (await scene.status()).leader ?? "";
    scene.change().catch(() => undefined);
    await sleep(randomInt(250), scene.signal);
    scene.pause(leader);
  },
  heal: (scene) => scene.bringBack(leader),
};
