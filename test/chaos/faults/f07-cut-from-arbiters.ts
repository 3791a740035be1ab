import type { Fault } from "../fault.ts";
import { cut, mend } from "../net/cuts.ts";
import { ports } from "../net/places.ts";

const others = ["site-b", "site-w"] as const;

export const cutFromArbiters: Fault = {
  id: "F7",
  about: "Site A is cut off from the arbiters only: users reach it",
  how: "nft drops what goes to the control plane's ports, both ways",
  expect: { kind: "stays", forMs: 15_000 },
  whyWrong: async (scene) => {
    const { vantages } = await scene.status();
    return vantages.find(({ agent }) => agent === "agent-a")?.isFresh ? "agent-a is still heard" : undefined;
  },
  inject: () =>
    cut([
      ...others.map((to) => ({ from: "site-a", to, toPorts: [ports.arbiter, ports.database] }) as const),
      ...others.map(
        (from) => ({ from, to: "site-a", toPorts: [ports.arbiter, ports.nameserver, ports.gateway] }) as const,
      ),
    ]),
  heal: mend,
};
