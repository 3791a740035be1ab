import { connect, createServer, type Socket } from "node:net";

/** What to do with one COMMIT. The client hears no more of the server unless it is let through. */
type CaughtCommit = {
  /** Sends it on, and resolves when the server has answered it. */
  readonly forward: () => Promise<void>;
  /** Ends the client's side. The server's side stays open until the proxy closes. */
  readonly cutClient: () => void;
  readonly cutServer: () => void;
};

/** Stands between a client and the database and can lose a connection at the worst moment. */
export type TestProxy = {
  readonly url: string;
  /** Resolves with the next COMMIT that a client sends. */
  readonly catchCommit: () => Promise<CaughtCommit>;
  readonly close: () => Promise<void>;
};

export async function makeTestProxy(databaseUrl: string): Promise<TestProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let caught: ((commit: CaughtCommit) => void) | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    const relay = (bytes: Buffer): void => void client.write(bytes);
    const hangUp = (): void => void client.destroy();
    upstream.on("data", relay);
    client.on("data", (bytes: Buffer) => {
      if (!caught || !bytes.includes("COMMIT\0")) return void upstream.write(bytes);
      upstream.off("data", relay).off("close", hangUp);
      caught({
        forward: () =>
          new Promise((resolve) => {
            upstream.once("data", () => resolve());
            upstream.write(bytes);
          }),
        cutClient: () => client.destroy(),
        cutServer: () => upstream.destroy(),
      });
      caught = undefined;
    });
    upstream.once("close", hangUp);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return {
    url: url.href,
    catchCommit: () =>
      new Promise((resolve) => {
        caught = resolve;
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
