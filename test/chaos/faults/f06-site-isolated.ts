import type { Fault } from "../fault.ts";
import { linkDown, linkUp } from "../net/cuts.ts";

export const siteIsolated: Fault = {
  id: "F6",
  about: "Site A's link is down, for users too",
  how: "ip link set down",
  expect: { kind: "moves", to: "site-b", lost: "site-a" },
  inject: () => linkDown("site-a"),
  heal: () => linkUp("site-a"),
};
