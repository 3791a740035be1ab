import { createServer } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { sniff } from "@sluice/runtime/sniff";
import { makeDoor } from "../../lab/model-server/door.ts";
import { makeGrpcSide } from "./grpc.ts";
import { type HttpParts, makeHttpListener } from "./http.ts";
import { type Ledger, makeLedger } from "./ledger.ts";
import { type Mood, makeMoodRing } from "./mood.ts";
import { makeUpgradeListener } from "./websocket.ts";

/** A server behind the plane, with a real library for each protocol, that the test can look into and put out of temper. */
export interface Backend {
  /** `site-a/stable/1`, as in `x-served-by`. */
  readonly name: string;
  readonly site: string;
  readonly channel: string;
  /** `host:port`. */
  readonly endpoint: string;
  readonly ledger: Ledger;
  connections(): number;
  /** Replaces the mood; `{}` heals. */
  setMood(mood: Mood): Promise<void>;
  /** Tells every HTTP/2 client to go elsewhere for new streams (GOAWAY). */
  goaway(): void;
  close(): Promise<void>;
}

export type BackendOptions = {
  readonly site: string;
  readonly channel: string;
  readonly index: number;
  readonly host: string;
  /** Who answers HTTP/2: the gRPC library, or the same routes as over HTTP/1.1. */
  readonly http2: "grpc" | "routes";
};

/** What answers HTTP/2 connections. */
type Http2Side = { accept(socket: Socket): void; goaway(): void; close(): void };

export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { site, channel, index, host } = options;
  const name = `${site}/${channel}/${index}`;
  const parts: HttpParts = { name, ledger: makeLedger(), mood: makeMoodRing() };
  const http1 = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, makeHttpListener(parts));
  http1.on("upgrade", makeUpgradeListener(parts));
  const http2 = options.http2 === "grpc" ? makeGrpcSide(parts) : makeRoutesSide(parts);
  const door = makeDoor(host, 0, (socket) =>
    sniff(socket, (protocol) => {
      socket.setTimeout(0);
      if (protocol === "http2") http2.accept(socket);
      else http1.emit("connection", socket);
    }),
  );
  await door.open();

  function shut(): void {
    door.shut();
    for (const socket of door.sockets) socket.resetAndDestroy();
  }

  return {
    name,
    site,
    channel,
    endpoint: `${host}:${door.port()}`,
    ledger: parts.ledger,
    connections: () => door.sockets.size,
    async setMood(mood) {
      parts.mood.set(mood);
      if (mood.refuse) shut();
      else await door.open();
    },
    goaway: () => http2.goaway(),
    async close() {
      parts.mood.set({});
      shut();
      http2.close();
      http1.close();
    },
  };
}

function makeRoutesSide(parts: HttpParts): Http2Side {
  const server = createHttp2Server(makeHttpListener(parts));
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined);
    session.once("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => undefined);
  return {
    accept: (socket) => void server.emit("connection", socket),
    goaway() {
      for (const session of sessions) session.close();
    },
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}
