import { connect, createServer, type Socket } from "node:net";

/**
 * A piece of network in front of a server, which can be cut for some who come and not for others. Agents look from their own
 * addresses, so one vantage can lose its way to a site while everybody else keeps theirs.
 */
export interface Link {
  /** Whoever comes from one of these addresses gets no further, until the next call. */
  cut(addresses: readonly string[]): void;
  stop(): Promise<void>;
}

export async function startLink(
  at: { readonly host: string; readonly port: number },
  to: { readonly host: string; readonly port: number },
): Promise<Link> {
  let refused: readonly string[] = [];
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    hold(near);
    if (refused.includes(near.remoteAddress ?? "")) return near.resetAndDestroy();
    // From the same address, so that the server behind sees who comes.
    const far = connect({ ...to, localAddress: near.remoteAddress ?? "" });
    hold(far);
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    return undefined;
  });
  await new Promise<void>((settle, fail) => {
    server.once("error", fail);
    server.listen(at.port, at.host, settle);
  });
  return {
    cut(addresses) {
      refused = addresses;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
