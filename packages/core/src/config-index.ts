import { type Config, configuredTargets, defaultChannel, policySites, type ServiceConfig } from "./config.ts";
import type { ServiceName, SiteName } from "./model.ts";
import { placesOf } from "./table.ts";
import { edgeKey, poolKey, type Target, type TargetKey, targetKey } from "./target.ts";

/** What is looked up in a configuration, worked out once for each. With ten thousand services a search costs as much as a cycle. */
export type ConfigIndex = {
  readonly targets: readonly Target[];
  readonly keys: readonly TargetKey[];
  /** Where each target is in `targets`, by its key. */
  readonly places: ReadonlyMap<string, number>;
  /** In the order of the configuration. */
  readonly services: ReadonlyMap<ServiceName, ServiceConfig>;
  /** By service and site: what decides how fit the site is for it, the edge where it has one, and the pool that DNS is steered by. */
  readonly steering: ReadonlyMap<ServiceName, ReadonlyMap<SiteName, readonly Steering[]>>;
  /** The services that may be placed on a site, and so depend on its edge. */
  readonly bySite: ReadonlyMap<SiteName, readonly ServiceName[]>;
  readonly gatewaySites: ReadonlySet<SiteName>;
};

/** A target, and its place if it is looked at. */
export type Steering = { readonly key: TargetKey; readonly place: number | undefined };

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
  const keys = targets.map(targetKey);
  const places = placesOf(keys);
  const bySite = new Map(config.sites.map(({ name }): [SiteName, ServiceName[]] => [name, []]));
  for (const { name, policy } of config.services) for (const site of policySites(policy)) bySite.get(site)?.push(name);
  return {
    targets,
    keys,
    places,
    steering: new Map(config.services.map((service) => [service.name, steeringOf(config, service, places)])),
    services: new Map(config.services.map((service) => [service.name, service])),
    bySite,
    gatewaySites: new Set(config.gateways.map(({ site }) => site)),
  };
}

function steeringOf(
  { sites }: Config,
  service: ServiceConfig,
  places: ReadonlyMap<string, number>,
): ReadonlyMap<SiteName, readonly Steering[]> {
  const steering = (key: TargetKey): Steering => ({ key, place: places.get(key) });
  return new Map(
    sites.map(({ name, edge }) => {
      const pool = steering(poolKey(service.name, defaultChannel(service), name));
      return [name, edge ? [steering(edgeKey(name)), pool] : [pool]];
    }),
  );
}
