import type { Fault } from "../fault.ts";
import { cut, mend } from "../net/cuts.ts";
import { ports } from "../net/places.ts";

export const repliesLost: Fault = {
  id: "F11",
  about: "One vantage's looks at Site A arrive, and the replies are lost",
  how: "nft drops one way: what A's application answers the witness",
  expect: { kind: "stays", forMs: 12_000 },
  whyWrong: async (scene) => {
    const voted = scene.observer
      .journal()
      .findLast(({ event }) => event.kind === "vote-changed" && event.agent === "agent-w");
    const isDown = voted?.event.kind === "vote-changed" && voted.event.to === "down";
    return isDown ? undefined : "the witness's agent never held anything to be down";
  },
  inject: () => cut([{ from: "site-a", to: "site-w", fromPorts: [ports.model, ports.model + 2] }]),
  heal: mend,
};
