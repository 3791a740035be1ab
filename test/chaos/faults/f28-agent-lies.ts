import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";
import { cut, mend } from "../net/cuts.ts";
import { ports } from "../net/places.ts";

const lie = () => cut([{ from: "site-w", to: "site-a", toPorts: [ports.model, ports.model + 2], isReset: true }]);

export const agentLies: Fault = {
  id: "F28",
  about: "One vantage says that Site A is down, then changes its mind every second",
  how: "nft resets the witness's looks alone: all the time, then by turns",
  expect: { kind: "stays", forMs: 1_000 },
  inject: async (scene) => {
    await lie();
    await sleep(10_000, scene.signal);
    for (let turn = 0; turn < 6; turn += 1) {
      await mend();
      await sleep(1_000, scene.signal);
      await lie();
      await sleep(1_000, scene.signal);
    }
  },
  heal: mend,
};
