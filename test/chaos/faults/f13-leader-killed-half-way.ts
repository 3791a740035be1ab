import type { Fault } from "../fault.ts";
import { cut, mend } from "../net/cuts.ts";
import { type Place, ports } from "../net/places.ts";

let leader = "";

export const leaderKilledHalfWay: Fault = {
  id: "F13",
  about: "The leader dies when some nodes have its snapshot and others don't",
  how: "SIGKILL, while nft drops Site B's polls",
  expect: { kind: "stays", forMs: 16_000 },
  inject: async (scene) => {
    leader = (await scene.status()).leader ?? "";
    await cut(["site-a", "site-w"].map((to) => ({ from: "site-b", to: to as Place, toPorts: [ports.arbiter] })));
    await scene.change();
    await scene.until("one node has the change and another doesn't", async () => {
      const { nameservers } = await scene.status();
      return nameservers.some(({ isCurrent }) => isCurrent) && nameservers.some(({ isCurrent }) => !isCurrent);
    });
    scene.kill(leader);
  },
  heal: async (scene) => {
    await mend();
    await scene.bringBack(leader);
  },
};
