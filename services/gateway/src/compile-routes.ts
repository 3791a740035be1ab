import { type CompiledRoute, compileRoute, type RoutingSite, type ServiceRoute, type Snapshot } from "@sluice/core";

/** A snapshot, prepared so that a request needs one look to find its route. */
export type Routes = {
  readonly snapshot: Snapshot;
  /** By host name, in lower case. */
  readonly byHost: ReadonlyMap<string, RoutedService>;
};

export type RoutedService = {
  readonly name: string;
  readonly host: string;
  readonly route: ServiceRoute;
  readonly compiled: CompiledRoute;
};

/** Services without a route are the nameservers' alone. */
export function compileRoutes(snapshot: Snapshot, at: RoutingSite): Routes {
  const routed = snapshot.services.flatMap(({ service, host, route }): RoutedService[] =>
    route ? [{ name: service, host, route, compiled: compileRoute(service, route, at) }] : [],
  );
  return { snapshot, byHost: new Map(routed.map((entry) => [entry.host.toLowerCase(), entry])) };
}

/** By its name or its host, which may have a port and a final dot. */
export function findService(routes: Routes, name: string): RoutedService | undefined {
  const host = name
    .toLowerCase()
    .replace(/:\d{1,5}$/, "")
    .replace(/\.$/, "");
  return routes.byHost.get(host) ?? [...routes.byHost.values()].find((entry) => entry.name === name);
}

/** How long streams may go on when the gateway drains: as long as the most patient of its services says. Unit: milliseconds. */
export function drainGraceMs(routes: Routes | undefined): number {
  return Math.max(0, ...[...(routes?.byHost.values() ?? [])].map(({ route }) => route.drainGraceMs));
}
