import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";

export const siteFlaps: Fault = {
  id: "F32",
  about: "Site A's application comes and goes, 8 s each",
  how: "its model servers refuse, by turns, for 64 s",
  expect: { kind: "calm", forMs: 1_000, movesMax: 2 },
  inject: async (scene) => {
    for (let turn = 0; turn < 4; turn += 1) {
      await scene.models("site-a", { refuse: true });
      await sleep(8_000, scene.signal);
      await scene.models("site-a", {});
      await sleep(8_000, scene.signal);
    }
  },
  heal: (scene) => scene.models("site-a", {}),
};
