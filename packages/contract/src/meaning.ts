import type { Problem } from "@sluice/core";
import { electorate, electorateWarnings } from "./checks/electorate.ts";
import { gateways, gatewayWarnings } from "./checks/gateways.ts";
import { names } from "./checks/names.ts";
import { places, storeWarnings } from "./checks/places.ts";
import { processes } from "./checks/processes.ts";
import { routes, routeWarnings } from "./checks/routes.ts";
import { serviceSites } from "./checks/service-sites.ts";
import { sites } from "./checks/sites.ts";
import { allowWarnings, targets } from "./checks/targets.ts";
import { timing, timingWarnings } from "./checks/timing.ts";
import { zone } from "./checks/zone.ts";
import type { Parts } from "./parts.ts";

type Check = (parts: Parts) => readonly Problem[];

const refusals: readonly Check[] = [
  names,
  places,
  electorate,
  processes,
  gateways,
  sites,
  zone,
  serviceSites,
  routes,
  targets,
  timing,
];

const warnings: readonly Check[] = [
  electorateWarnings,
  storeWarnings,
  gatewayWarnings,
  timingWarnings,
  routeWarnings,
  allowWarnings,
];

/** What the shape can't say: names that must exist, sums, places, times. */
export const meaning = (
  parts: Parts,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } => ({
  problems: refusals.flatMap((check) => check(parts)),
  warnings: warnings.flatMap((check) => check(parts)),
});
