import { type Config, configuredTargets, policySites, type ServiceConfig } from "./config.ts";
import type { ServiceName, SiteName } from "./model.ts";
import { placesOf } from "./table.ts";
import { type Target, targetKey } from "./target.ts";

/** What is looked up in a configuration, worked out once for each. With ten thousand services a search costs as much as a cycle. */
export type ConfigIndex = {
  readonly targets: readonly Target[];
  /** Where each target is in `targets`, by its key. */
  readonly places: ReadonlyMap<string, number>;
  /** In the order of the configuration. */
  readonly services: ReadonlyMap<ServiceName, ServiceConfig>;
  /** The services that may be placed on a site, and so depend on its edge. */
  readonly bySite: ReadonlyMap<SiteName, readonly ServiceName[]>;
  readonly gatewaySites: ReadonlySet<SiteName>;
};

const known = new WeakMap<Config, ConfigIndex>();

export function indexOf(config: Config): ConfigIndex {
  const found = known.get(config) ?? makeIndex(config);
  known.set(config, found);
  return found;
}

export const serviceNamed = (config: Config, name: ServiceName): ServiceConfig | undefined =>
  indexOf(config).services.get(name);

function makeIndex(config: Config): ConfigIndex {
  const targets = configuredTargets(config);
  const bySite = new Map(config.sites.map(({ name }): [SiteName, ServiceName[]] => [name, []]));
  for (const { name, policy } of config.services) for (const site of policySites(policy)) bySite.get(site)?.push(name);
  return {
    targets,
    places: placesOf(targets.map(targetKey)),
    services: new Map(config.services.map((service) => [service.name, service])),
    bySite,
    gatewaySites: new Set(config.gateways.map(({ site }) => site)),
  };
}
