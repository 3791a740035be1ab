import type { Fault } from "../fault.ts";
import { bothWays, cut, mend } from "../net/cuts.ts";

export const sitesParted: Fault = {
  id: "F5",
  about: "A and B don't reach each other, and the witness reaches both",
  how: "nft drops both ways between A and B",
  expect: { kind: "stays", forMs: 15_000 },
  inject: () => cut(bothWays("site-a", "site-b")),
  heal: mend,
};
