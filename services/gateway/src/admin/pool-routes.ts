import { TrafficAskSchema } from "@sluice/contract";
import { SluiceError, type TargetKey } from "@sluice/core";
import type { HttpServer } from "@sluice/runtime/server";
import Type from "typebox";
import type { AdminDeps } from "./admin-routes.ts";

/** Room for what an agent holds of 10,000 pools. Unit: bytes. */
const asksBytesMax = 2 * 1024 * 1024;

/** Once an interval an agent of the site says what it saw of the pools, and hears what requests met there. */
export function trafficRoute(app: HttpServer, { own, dataPath }: AdminDeps): void {
  const isOurs = ({ target }: { readonly target: TargetKey }): boolean => target.endsWith(`@${own.site}`);
  const options = { config: { access: "node" }, schema: { body: TrafficAskSchema }, bodyLimit: asksBytesMax } as const;
  app.post("/v1/traffic", options, (request) => {
    // An agent of another site sees the way to our pools too, and that says nothing of the pools.
    dataPath.takeLooks(request.body.looks.filter(isOurs));
    return { gateway: own.name, pools: dataPath.traffic().filter(isOurs) };
  });
}

const ClearQuery = Type.Object(
  { target: Type.String({ minLength: 1, maxLength: 300, pattern: "^pool:[^/@]+/[^/@]+@[^/@]+$" }) },
  { additionalProperties: false },
);

/** A trip stays without traffic, since no traffic is no recovery; an operator who knows better ends it here. */
export function clearRoute(app: HttpServer, { own, dataPath }: AdminDeps): void {
  app.post("/v1/clear", { schema: { querystring: ClearQuery } }, (request) => {
    const target = request.query.target as TargetKey;
    const done = dataPath.clear(target);
    const known = dataPath.traffic().map((pool) => pool.target);
    if (done === "unknown") {
      const hint = known.length > 0 ? `Known: ${known.slice(0, 20).join(", ")}.` : "No pool of this site has a route.";
      throw new SluiceError("NOT_FOUND", `${own.name} knows no ${target}`, { hint });
    }
    if (done === "not-tripped") throw new SluiceError("NOTHING_TO_DO", `${target} is not tripped at ${own.name}`);
    return { gateway: own.name, cleared: target };
  });
}
