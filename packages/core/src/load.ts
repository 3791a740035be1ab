import type { Config, ServiceConfig } from "./config.ts";
import type { ServiceName, SiteName } from "./model.ts";
import { type Placement, sitesOf } from "./placement.ts";
import { homeOf } from "./policy/home.ts";
import { partOf } from "./ramp.ts";
import type { ServiceState } from "./world.ts";

/** What each site carries of the services' declared loads, where they are served now. Services that declare none carry nothing. */
export function loadsOf(
  { services }: Config,
  states: Readonly<Record<ServiceName, ServiceState>>,
): Map<SiteName, number> {
  const loads = new Map<SiteName, number>();
  for (const service of services) addLoad(loads, service, { to: states[service.name]?.served ?? homeOf(service) });
  return loads;
}

/** Whether anybody said what the service asks for, and what sites can carry. */
export const isReckoned = ({ sites }: Config, { load }: ServiceConfig): boolean =>
  load !== undefined && sites.some(({ capacity }) => capacity !== undefined);

/** Puts a service's load at `to`, and takes it from where it was. */
export function addLoad(
  loads: Map<SiteName, number>,
  { load = 0 }: ServiceConfig,
  { from, to }: { readonly from?: Placement; readonly to: Placement },
): void {
  if (load === 0) return;
  const add = (placement: Placement, sign: number): void => {
    for (const site of sitesOf(placement))
      loads.set(site, (loads.get(site) ?? 0) + sign * load * partOf(placement, site));
  };
  if (from) add(from, -1);
  add(to, 1);
}

/** The sites that would get more, with what they would carry then. */
export function gaining(
  { sites }: Pick<Config, "sites">,
  service: ServiceConfig,
  change: { readonly from: Placement; readonly to: Placement; readonly loads: ReadonlyMap<SiteName, number> },
): readonly { readonly site: SiteName; readonly load: number; readonly capacity: number | undefined }[] {
  const { load = 0 } = service;
  return sitesOf(change.to).flatMap((site) => {
    const more = load * (partOf(change.to, site) - partOf(change.from, site));
    const { capacity } = sites.find((entry) => entry.name === site) ?? {};
    return more > 0 ? [{ site, load: (change.loads.get(site) ?? 0) + more, capacity }] : [];
  });
}
