import type { ChannelName, MonoMs, RequestOutcome, RouteReason, SiteName } from "@sluice/core";
import type { Inbound } from "./inbound.ts";

/** What became of one request, for the log, the metrics and nobody else. */
export type RequestRecord = {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol: "http1" | "http2" | "grpc" | "upgrade";
  readonly remoteAddress: string;
  readonly startedAt: MonoMs;
  readonly service?: string;
  readonly channel?: ChannelName;
  readonly because?: RouteReason;
  readonly slot?: number | undefined;
  /** The site that answered, and where in it. */
  readonly site?: SiteName | undefined;
  readonly endpoint?: string | undefined;
  readonly status: number;
  readonly grpcStatus?: number | undefined;
  readonly outcome?: RequestOutcome | undefined;
  /** Why the gateway answered itself, or what broke. */
  readonly reason?: string | undefined;
  /** Unit: milliseconds, from the request's head. */
  readonly firstByteMs?: number | undefined;
  readonly totalMs?: number;
  readonly attempts: number;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
  readonly requestId?: string;
};

/** What every record has, before anything is known of where it went. */
export const blank = (inbound: Inbound, isGrpc: boolean, startedAt: MonoMs): RequestRecord => ({
  method: inbound.method,
  path: inbound.path,
  host: inbound.authority,
  protocol: isGrpc ? "grpc" : inbound.protocol,
  remoteAddress: inbound.remoteAddress,
  startedAt,
  status: 0,
  attempts: 0,
});
