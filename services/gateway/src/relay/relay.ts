import {
  type Hash32,
  type MonoMs,
  makeRetryBudget,
  type RouteDecision,
  routeRequest,
  type SiteName,
} from "@sluice/core";
import type { RoutedService, Routes } from "../compile-routes.ts";
import { endpointSeed } from "../pools/local-pool.ts";
import type { Pools } from "../pools/pools.ts";
import { Exchange } from "./exchange.ts";
import { headerOf } from "./headers.ts";
import type { Inbound } from "./inbound.ts";
import { answerOwn } from "./own-answer.ts";
import { blank, type RequestRecord } from "./record.ts";

export type RelayDeps = {
  readonly gateway: string;
  readonly site: SiteName;
  readonly hash: Hash32;
  readonly pools: Pools;
  readonly routes: () => Routes | undefined;
  readonly now: () => MonoMs;
  readonly chance: () => number;
  /** A request has ended, whichever way. */
  readonly onDone: (record: RequestRecord) => void;
};

export interface Relay {
  take(inbound: Inbound): void;
  /** Where a request that is to be spliced rather than relayed goes (an upgrade). */
  routeOf(inbound: Pick<Inbound, "authority" | "headers" | "hop">): Routed | undefined;
  /** Requests under way. */
  underWay(): number;
}

export type Routed = { readonly service: RoutedService; readonly decision: RouteDecision };

/** Takes requests in and sees each through: route, attempt, answer, and what is learnt from it. */
export function makeRelay(deps: RelayDeps): Relay {
  const budget = makeRetryBudget();
  /** A count and no set: of what comes and goes as often, V8 would keep what was in earlier tables of it. */
  let underWay = 0;

  function routeOf({ authority, headers, hop }: Pick<Inbound, "authority" | "headers" | "hop">): Routed | undefined {
    const service = deps.routes()?.byHost.get(hostOf(authority));
    if (!service) return undefined;
    const header = (name: string): string | undefined => headerOf(headers, name);
    const from = hop && { from: hop.from, channel: header("x-sluice-channel") ?? "" };
    const facts = { header, chance: deps.chance(), ...(from ? { hop: from } : {}) };
    return { service, decision: routeRequest(service.compiled, facts, deps.pools.views) };
  }

  return {
    routeOf,
    underWay: () => underWay,
    take(inbound) {
      const startedAt = deps.now();
      const isGrpc = isGrpcType(headerOf(inbound.headers, "content-type"));
      const routed = routeOf(inbound);
      if (!routed) return refuseHost(inbound, isGrpc);
      const { service, decision } = routed;
      if (decision.kind === "refuse") {
        const { status, reason, because } = decision;
        answerOwn(inbound, isGrpc, { status, grpcStatus: status === 400 ? 3 : 14, reason, because });
        deps.onDone({ ...blank(inbound, isGrpc, startedAt), service: service.name, status, reason });
        return;
      }
      const userHash = decision.user === undefined ? undefined : deps.hash(decision.user, endpointSeed);
      budget.note(startedAt);
      const exchange = new Exchange({
        deps,
        budget,
        inbound,
        isGrpc,
        startedAt,
        service: service.name,
        decision,
        userHash,
        leave: () => void (underWay -= 1),
      });
      underWay += 1;
      exchange.begin();
    },
  };

  function refuseHost(inbound: Inbound, isGrpc: boolean): void {
    // 421 tells a client that shares a connection between hosts to open another (RFC 9110 §15.5.20).
    const status = inbound.protocol === "http2" || inbound.isTls ? 421 : 404;
    const because = `no service is served under the host ${inbound.authority.slice(0, 255)}`;
    answerOwn(inbound, isGrpc, { status, grpcStatus: 12, reason: "unknown-host", because });
    deps.onDone({ ...blank(inbound, isGrpc, deps.now()), status, reason: "unknown-host" });
  }
}

/** Host name in lower case, without port and final dot. */
function hostOf(authority: string): string {
  const end = authority.startsWith("[") ? authority.indexOf("]") + 1 : authority.indexOf(":");
  const host = (end > 0 ? authority.slice(0, end) : authority).toLowerCase();
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

const isGrpcType = (type: string | undefined): boolean =>
  type !== undefined && type.startsWith("application/grpc") && !type.startsWith("application/grpc-web");
