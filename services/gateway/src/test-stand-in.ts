import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type PoolTraffic, poolKey, type RouteDecision, routeRequest, type TargetKey } from "@sluice/core";
import { findService, type RoutedService, type Routes } from "./compile-routes.ts";
import type { DataPath, DataPathDeps } from "./data-path.ts";

const failuresMax = 5;

export type StandIn = DataPath & {
  /** The targets of all looks that were taken. */
  readonly looks: readonly TargetKey[];
};

/**
 * A small data path for HTTP/1.1 alone, by which the frame round it is tested: it routes by the core, pipes, and trips a pool
 * after five failures in a row. Another site's pool is reached at its endpoints, without a hop.
 */
export function makeStandIn({ own }: DataPathDeps): StandIn {
  const trips = makeTrips();
  const looks: TargetKey[] = [];
  let routes: Routes | undefined;
  let residual = 0;
  let isDraining = false;
  const waiting = new Set<() => void>();

  function serve(incoming: IncomingMessage, response: ServerResponse): void {
    residual += 1;
    response.once("close", () => {
      residual -= 1;
      if (residual === 0) for (const done of waiting) done();
    });
    if (isDraining) response.setHeader("connection", "close");
    const service = routes && findService(routes, incoming.headers.host ?? "");
    if (!service) return void response.writeHead(421).end();
    const header = (name: string): string | undefined => incoming.headers[name]?.toString();
    const decision = routeRequest(service.compiled, { header, chance: Math.random() }, trips.views);
    if (decision.kind === "route") return relay(service, decision, { incoming, response, trips });
    response.writeHead(decision.status, { "x-sluice-reason": decision.reason }).end();
  }

  const server = createServer(serve);
  return {
    looks,
    views: trips.views,
    open: () => listen(server, own),
    use: (next) => void (routes = next),
    async drain(signal) {
      isDraining = true;
      server.closeIdleConnections();
      if (residual === 0 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
    undrain: () => void (isDraining = false),
    close: () => end(server),
    residual: () => residual,
    traffic: () => trips.traffic(routes),
    takeLooks: (taken) => void looks.push(...taken.map((look) => look.target)),
    clear: (target) => trips.clear(target, routes),
    endpointOf(target) {
      const service = servicesOf(routes).find(({ name }) => target.startsWith(`pool:${name}/`));
      return service && pick(service, target);
    },
  };
}

type Trips = ReturnType<typeof makeTrips>;

function makeTrips() {
  const failures = new Map<TargetKey, number>();
  const isTripped = (target: TargetKey): boolean => (failures.get(target) ?? 0) >= failuresMax;
  const traffic = (routes: Routes | undefined): readonly PoolTraffic[] =>
    servicesOf(routes).flatMap(({ name, route }) =>
      route.pools.map(({ channel, site }): PoolTraffic => {
        const target = poolKey(name, channel, site);
        const because = `${failures.get(target) ?? 0} failures in a row`;
        return { target, state: isTripped(target) ? "tripped" : "healthy", because };
      }),
    );
  const views: DataPath["views"] = {
    admits: (service, channel, site) => (isTripped(poolKey(service, channel, site)) ? 0 : 1),
  };
  return {
    views,
    traffic,
    note: (target: TargetKey, isGood: boolean) => failures.set(target, isGood ? 0 : (failures.get(target) ?? 0) + 1),
    clear(target: TargetKey, routes: Routes | undefined): ReturnType<DataPath["clear"]> {
      if (!traffic(routes).some((pool) => pool.target === target)) return "unknown";
      if (!isTripped(target)) return "not-tripped";
      failures.delete(target);
      return "cleared";
    },
  };
}

type Exchange = { readonly incoming: IncomingMessage; readonly response: ServerResponse; readonly trips: Trips };

function relay(service: RoutedService, decision: Extract<RouteDecision, { kind: "route" }>, of: Exchange): void {
  const { incoming, response, trips } = of;
  const target = poolKey(service.name, decision.channel, decision.sites[0]);
  const [host = "", port] = (pick(service, target) ?? "").split(":");
  const { method, url, headers } = incoming;
  const outgoing = request({ host, port, method, path: url, headers }, (answer) => {
    trips.note(target, (answer.statusCode ?? 0) < 500);
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  outgoing.on("error", () => {
    trips.note(target, false);
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.once("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

let turn = 0;

function pick({ name, route }: RoutedService, target: TargetKey): string | undefined {
  const pool = route.pools.find((entry) => poolKey(name, entry.channel, entry.site) === target);
  turn += 1;
  return pool?.endpoints[turn % pool.endpoints.length];
}

const servicesOf = (routes: Routes | undefined): readonly RoutedService[] => [...(routes?.byHost.values() ?? [])];

const listen = (server: Server, { address, port }: DataPathDeps["own"]): Promise<void> =>
  new Promise((settle, fail) => {
    server.once("error", fail);
    server.listen(port, address, settle);
  });

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
