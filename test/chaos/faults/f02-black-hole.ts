import type { Fault } from "../fault.ts";
import { around, cut, mend } from "../net/cuts.ts";
import { places } from "../net/places.ts";

export const blackHole: Fault = {
  id: "F2",
  about: "Site A is a black hole: what is sent there is lost",
  how: "nft drops both ways, between it and everybody",
  expect: { kind: "moves", to: "site-b", lost: "site-a" },
  inject: () => cut(around("site-a", places)),
  heal: mend,
};
