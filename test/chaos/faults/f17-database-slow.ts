import type { Fault } from "../fault.ts";

const electionsMax = 3;
let before = 0;

export const databaseSlow: Fault = {
  id: "F17",
  about: "The database takes two seconds for everything",
  how: "a TCP proxy before it holds each piece for a second, both ways",
  expect: { kind: "stays", forMs: 25_000 },
  async inject(scene) {
    before = (await scene.status()).epoch;
    scene.door.set({ kind: "slow", ms: 1_000 });
  },
  heal: async ({ door }) => door.set({ kind: "open" }),
  async whyWrongAfter(scene) {
    const elections = (await scene.status()).epoch - before;
    return elections > electionsMax ? `${elections} elections, at most ${electionsMax} should be` : undefined;
  },
};
