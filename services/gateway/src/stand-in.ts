import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type PoolTraffic, poolKey, type RouteDecision, routeRequest, type TargetKey } from "@sluice/core";
import { findService, type RoutedService, type Routes } from "./compile-routes.ts";
import type { DataPath, DataPathDeps } from "./data-path.ts";

const failuresMax = 5;

/**
 * A small data path for HTTP/1.1 alone, by which the frame round it is tested: it routes by the core, pipes, and trips a pool
 * after five failures in a row. Another site's pool is reached at its endpoints, without a hop.
 */
export function makeStandIn({ own }: DataPathDeps): StandIn {
  const failures = new Map<TargetKey, number>();
  const looks: TargetKey[] = [];
  let routes: Routes | undefined;
  let residual = 0;
  let turn = 0;
  let isDraining = false;
  const idle = new Set<() => void>();
  const isTripped = (target: TargetKey): boolean => (failures.get(target) ?? 0) >= failuresMax;
  const views: DataPath["views"] = {
    admits: (service, channel, site) => (isTripped(poolKey(service, channel, site)) ? 0 : 1),
  };

  function serve(incoming: IncomingMessage, response: ServerResponse): void {
    residual += 1;
    response.once("close", () => {
      residual -= 1;
      if (residual === 0) for (const done of idle) done();
    });
    if (isDraining) response.setHeader("connection", "close");
    const service = routes && findService(routes, incoming.headers.host ?? "");
    if (!service) return void response.writeHead(421).end();
    const header = (name: string): string | undefined => incoming.headers[name]?.toString();
    const decision = routeRequest(service.compiled, { header, chance: Math.random() }, views);
    if (decision.kind === "route") return relay(service, decision, { incoming, response });
    response.writeHead(decision.status, { "x-sluice-reason": decision.reason }).end();
  }

  function relay(service: RoutedService, decision: Extract<RouteDecision, { kind: "route" }>, of: Exchange): void {
    const [site] = decision.sites;
    const target = poolKey(service.name, decision.channel, site);
    const note = (isGood: boolean): unknown => failures.set(target, isGood ? 0 : (failures.get(target) ?? 0) + 1);
    const { method, url, headers } = of.incoming;
    const [host = "", port] = (pick(service, target) ?? "").split(":");
    const outgoing = request({ host, port, method, path: url, headers }, (answer) => {
      note((answer.statusCode ?? 0) < 500);
      of.response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(of.response);
    });
    outgoing.on("error", () => {
      note(false);
      if (of.response.headersSent) of.response.destroy();
      else of.response.writeHead(502).end();
    });
    of.response.once("close", () => outgoing.destroy());
    of.incoming.pipe(outgoing);
  }

  function pick({ name, route }: RoutedService, target: TargetKey): string | undefined {
    const pool = route.pools.find((entry) => poolKey(name, entry.channel, entry.site) === target);
    turn += 1;
    return pool?.endpoints[turn % pool.endpoints.length];
  }

  function traffic(): readonly PoolTraffic[] {
    return [...(routes?.byHost.values() ?? [])].flatMap(({ name, route }) =>
      route.pools.map(({ channel, site }): PoolTraffic => {
        const target = poolKey(name, channel, site);
        const count = failures.get(target) ?? 0;
        return { target, state: isTripped(target) ? "tripped" : "healthy", because: `${count} failures in a row` };
      }),
    );
  }

  const server = createServer(serve);
  return {
    looks,
    views,
    open: () => listen(server, own),
    use: (next) => void (routes = next),
    async drain(signal) {
      isDraining = true;
      server.closeIdleConnections();
      if (residual === 0 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        idle.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
    undrain: () => void (isDraining = false),
    close: () => end(server),
    residual: () => residual,
    traffic,
    takeLooks: (taken) => void looks.push(...taken.map((look) => look.target)),
    clear(target) {
      if (!traffic().some((pool) => pool.target === target)) return "unknown";
      if (!isTripped(target)) return "not-tripped";
      failures.delete(target);
      return "cleared";
    },
    endpointOf(target) {
      const service = [...(routes?.byHost.values() ?? [])].find(({ name }) => target.startsWith(`pool:${name}/`));
      return service && pick(service, target);
    },
  };
}

export type StandIn = DataPath & { readonly looks: readonly TargetKey[] };
type Exchange = { readonly incoming: IncomingMessage; readonly response: ServerResponse };

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
