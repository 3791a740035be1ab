import type { HttpServer } from "@sluice/runtime/server";
import { drainGraceMs } from "../compile-routes.ts";
import type { AdminDeps } from "./admin-routes.ts";

type Drain = { readonly sinceMs: number; readonly stop: AbortController };

/**
 * An operator empties this gateway, or takes that back. It holds until then or until the process ends: a gateway that is
 * started again serves. Streams that are left after the grace are told and not cut; ending the process cuts them.
 */
export function drainRoutes(app: HttpServer, { doors, dataPath, metrics }: AdminDeps): void {
  let drain: Drain | undefined;
  const told = () => ({
    isDraining: drain !== undefined,
    residual: dataPath.residual(),
    graceMs: drainGraceMs(doors.routes()),
    ...(drain ? { forMs: Math.round(performance.now() - drain.sinceMs) } : {}),
  });
  app.get("/v1/drain", { config: { access: "node" } }, told);
  app.post("/v1/drain", {}, () => {
    if (!drain) {
      drain = { sinceMs: performance.now(), stop: new AbortController() };
      metrics.draining.set(1);
      void doors.drain(drain.stop.signal);
    }
    return told();
  });
  app.delete("/v1/drain", {}, () => {
    drain?.stop.abort();
    if (drain) doors.undrain();
    drain = undefined;
    metrics.draining.set(0);
    return told();
  });
  app.addHook("onClose", async () => drain?.stop.abort());
}
