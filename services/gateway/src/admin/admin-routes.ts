import { formatFence, type GatewayConfig } from "@sluice/core";
import type { Shelf, Wake } from "@sluice/runtime";
import type { HttpServer } from "@sluice/runtime/server";
import type { Routes } from "../compile-routes.ts";
import type { DataPath } from "../data-path.ts";
import type { Doors } from "../doors.ts";
import type { GatewayMetrics } from "../metrics.ts";
import { drainRoutes } from "./drain-routes.ts";
import { explainRoute } from "./explain-route.ts";
import { clearRoute, trafficRoute } from "./pool-routes.ts";

export type AdminDeps = {
  readonly own: GatewayConfig;
  readonly shelf: Shelf<Routes>;
  readonly doors: Doors;
  readonly dataPath: DataPath;
  readonly wake: Pick<Wake, "isCatchingUp">;
  readonly metrics: GatewayMetrics;
};

/** What peers, agents and operators ask a gateway; clients never come to this door. */
export function adminRoutes(app: HttpServer, deps: AdminDeps): void {
  readyRoute(app, deps);
  // For peers that start, and for a new leader that asks what is served before its first write.
  app.get(
    "/v1/snapshot",
    { config: { access: "node" } },
    (_request, reply) => deps.shelf.current()?.envelope ?? reply.code(204).send(),
  );
  trafficRoute(app, deps);
  explainRoute(app, deps);
  drainRoutes(app, deps);
  clearRoute(app, deps);
}

/** Ready is who may be sent new clients: not before the first route, not while draining, not right after a standstill. */
function readyRoute(app: HttpServer, { shelf, doors, dataPath, wake }: AdminDeps): void {
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) => {
    const because = shelf.whyNotKept();
    const warning = because === undefined ? {} : { warning: `newer snapshots can't be kept on disk: ${because}` };
    const state = doors.state();
    const status = wake.isCatchingUp() && state === "serving" ? "catching-up" : state;
    const fence = doors.routes()?.snapshot.fence;
    const body = { ...(fence ? { fence: formatFence(fence) } : {}), residual: dataPath.residual(), ...warning };
    if (status !== "serving") return reply.code(503).send({ status, ...body });
    return { status: "ok", ...body };
  });
}
