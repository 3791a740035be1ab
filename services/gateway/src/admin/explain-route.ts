import { SluiceError } from "@sluice/core";
import type { HttpServer } from "@sluice/runtime/server";
import Type from "typebox";
import { findService, type RoutedService } from "../compile-routes.ts";
import { type ExplainAsk, explain } from "../explain.ts";
import type { AdminDeps } from "./admin-routes.ts";

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Header = Type.String({ minLength: 2, maxLength: 4096, pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:" });

const ExplainQuery = Type.Object(
  {
    service: Type.Optional(text(253)),
    host: Type.Optional(text(260)),
    user: Type.Optional(text(1024)),
    header: Type.Optional(Type.Union([Header, Type.Array(Header, { maxItems: 32 })])),
  },
  { additionalProperties: false },
);

/** `GET /v1/explain?service=chat&user=u1&header=x-model-variant:experiment-v2`: where such a request would go now, and why. */
export function explainRoute(app: HttpServer, { own, doors, dataPath }: AdminDeps): void {
  app.get("/v1/explain", { config: { access: "node" }, schema: { querystring: ExplainQuery } }, (request) => {
    const { service: name, host, user, header = [] } = request.query;
    const asked = host ?? name;
    if (asked === undefined) throw misuse("neither `service` nor `host` is given", "Add `service=chat`.");
    const routes = doors.routes();
    const service = routes && findService(routes, asked);
    if (!routes || !service) {
      const known = [...(routes?.byHost.values() ?? [])].map((entry) => entry.name).join(", ");
      throw new SluiceError("NOT_FOUND", `${own.name} routes nothing called ${asked}`, {
        hint: known === "" ? "It has no snapshot with a route yet." : `It routes ${known}.`,
      });
    }
    const ask: ExplainAsk = { headers: headersOf(service, user, [header].flat()), chance: Math.random() };
    return explain({ own, routes, service, dataPath }, ask);
  });
}

/** The headers by name, repeated ones joined as the data path does it; the user in the first of the affinity headers. */
function headersOf(
  { route, name }: RoutedService,
  user: string | undefined,
  lines: readonly string[],
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const [key, value] = [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  if (user === undefined) return headers;
  const [affinity] = route.affinityHeaders;
  if (affinity === undefined) throw misuse(`${name} knows no users`, "Leave `user` out, or name `affinityHeaders`.");
  return headers.set(affinity, user);
}

const misuse = (message: string, hint: string): SluiceError => new SluiceError("BODY_INVALID", message, { hint });
