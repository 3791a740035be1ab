import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type GatewayConfig, type MonoMs, poolKey, type RequestOutcome } from "@sluice/core";
import type { BackLimits } from "../back/limits.ts";
import type { Endpoint } from "../pools/endpoint.ts";
import type { Pools } from "../pools/pools.ts";
import { requestHeaders } from "../relay/headers.ts";
import { newRequestId, newTraceparent } from "../relay/ids.ts";
import type { Hop, Inbound } from "../relay/inbound.ts";
import type { RequestRecord } from "../relay/record.ts";
import type { Relay } from "../relay/relay.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { splice } from "./splice.ts";

export type UpgradeParts = {
  readonly first: Buffer;
  readonly hop: Hop | undefined;
  readonly relay: Relay;
  readonly pools: Pools;
  readonly own: GatewayConfig;
  readonly now: () => MonoMs;
  readonly limits: BackLimits;
};

type Asked = Pick<
  Inbound,
  "protocol" | "method" | "path" | "authority" | "headers" | "isTls" | "remoteAddress" | "hop"
>;

/** An upgrade is routed like any request, by its head, and then spliced. The next site is tried when nobody could be reached. */
export async function spliceUpgrade(request: RequestHead, socket: Socket, parts: UpgradeParts): Promise<RequestRecord> {
  const { own, pools, relay, now } = parts;
  const asked = askedBy(request, socket, parts.hop);
  const startedAt = now();
  const base: RequestRecord = {
    method: asked.method,
    path: asked.path,
    host: asked.authority,
    protocol: "upgrade",
    remoteAddress: asked.remoteAddress,
    startedAt,
    status: 0,
    attempts: 0,
  };
  const routed = relay.routeOf(asked);
  if (!routed) return refuse(socket, base, { status: 404, reason: "unknown-host" });
  const { service, decision } = routed;
  const known = { ...base, service: service.name };
  if (decision.kind === "refuse") return refuse(socket, known, decision);
  let attempts = 0;
  for (const site of decision.sites.slice(0, 2)) {
    attempts += 1;
    const target = poolKey(service.name, decision.channel, site);
    const [pool, peer] = [site === own.site ? pools.local.find(target) : undefined, pools.peer(site)];
    const endpoint: Endpoint | undefined = pool
      ? pool.pick({ userHash: undefined, chance: Math.random() }, pools.now())
      : peer?.pick(pools.now());
    if (!endpoint) continue;
    const hop = pool ? {} : { hop: { gateway: own.name, channel: decision.channel } };
    const headers = requestHeaders(asked as Inbound, "http1", {
      requestId: newRequestId,
      traceparent: newTraceparent,
      ...hop,
    });
    const tls = pool ? undefined : endpoint.tls;
    endpoint.load += 1;
    const { connectMs, idleMs } = parts.limits;
    const end = await splice(
      request,
      socket,
      { address: endpoint.address, tls, headers, connectMs, idleMs },
      parts.first,
    );
    endpoint.load -= 1;
    const outcome: RequestOutcome = end === "unreached" ? { kind: "failure", because: "connect" } : { kind: "success" };
    pool?.watch.note(outcome, pools.now());
    pool?.note(endpoint, end === "unreached" ? "refused" : "good", pools.now());
    if (!pool) peer?.note(endpoint, end !== "unreached", pools.now());
    if (end === "unreached") continue;
    const where = { channel: decision.channel, because: decision.because, site, endpoint: endpoint.address };
    return { ...known, ...where, status: 101, outcome, attempts, totalMs: now() - startedAt };
  }
  return refuse(socket, { ...known, channel: decision.channel, attempts }, { status: 503, reason: "pool-unreachable" });
}

const askedBy = (request: RequestHead, socket: Socket, hop: Hop | undefined): Asked => ({
  protocol: "http1",
  method: request.method,
  path: request.path,
  authority: request.authority,
  headers: request.headers,
  isTls: (socket as TLSSocket).encrypted === true,
  remoteAddress: socket.remoteAddress ?? "",
  hop,
});

function refuse(
  socket: Socket,
  record: RequestRecord,
  { status, reason }: { status: number; reason: string },
): RequestRecord {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\nx-sluice-reason: ${reason}\r\ncontent-length: 0\r\n\r\n`,
  );
  return { ...record, status, reason };
}
