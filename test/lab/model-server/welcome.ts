import type { Socket } from "node:net";
import { sniff } from "@sluice/runtime/sniff";
import type { GrpcParts, GrpcSide } from "./grpc.ts";
import type { HttpSide } from "./http.ts";

/** Leads a new connection to the side that speaks its protocol. */
export type Welcome = {
  lead(socket: Socket): void;
  /** Lets go of idle and silent connections, and gives those under way `graceMs`. */
  drain(graceMs: number): Promise<void>;
};

export function makeWelcome(http: HttpSide, parts: GrpcParts): Welcome {
  const silent = new Set<Socket>();
  const grpc = makeLazyGrpc(parts);
  return {
    lead(socket) {
      silent.add(socket);
      socket.once("close", () => silent.delete(socket));
      sniff(socket, (protocol) => {
        silent.delete(socket);
        if (protocol === "http1") return http.accept(socket, false);
        // An HTTP/2 connection may rest between calls for as long as it likes.
        socket.setTimeout(0);
        grpc.accept(socket);
      });
    },
    async drain(graceMs) {
      for (const socket of silent) socket.destroy();
      http.drain();
      await grpc.drain(graceMs);
    },
  };
}

/** Loaded when first spoken to: it costs some 25 MB, which a server that is only asked over HTTP should not pay. */
function makeLazyGrpc(parts: GrpcParts): { accept(socket: Socket): void; drain(graceMs: number): Promise<void> } {
  let side: Promise<GrpcSide> | undefined;
  return {
    accept(socket) {
      side ??= import("./grpc.ts").then(({ makeGrpcSide }) => makeGrpcSide(parts));
      side.then(
        (ready) => (socket.destroyed ? undefined : ready.accept(socket)),
        () => socket.destroy(),
      );
    },
    async drain(graceMs) {
      (await side?.catch(() => undefined))?.drain(graceMs);
    },
  };
}
