import type { Fault } from "../fault.ts";
import { cut, mend } from "../net/cuts.ts";
import { ports } from "../net/places.ts";

export const votesLost: Fault = {
  id: "F10",
  about: "Arbiters reach an agent, and nothing it says reaches them",
  how: "nft drops one way: from Site B to the arbiters' ports",
  expect: { kind: "stays", forMs: 12_000 },
  whyWrong: async (scene) => {
    const { vantages, services } = await scene.status();
    if (vantages.find(({ agent }) => agent === "agent-b")?.isFresh) return "agent-b is still heard";
    const down = services.flatMap(({ pools }) => pools).find(({ verdict }) => verdict === "down");
    return down && `${down.target} is down, because nobody votes`;
  },
  inject: () =>
    cut([
      { from: "site-b", to: "site-a", toPorts: [ports.arbiter] },
      { from: "site-b", to: "site-w", toPorts: [ports.arbiter] },
    ]),
  heal: mend,
};
