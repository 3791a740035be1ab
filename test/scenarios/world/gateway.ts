import { createServer } from "node:http";

/** A site's front door: it says it is well, until it is stopped. */
export interface Gateway {
  stop(): Promise<void>;
}

export async function startGateway(host: string, port: number): Promise<Gateway> {
  const server = createServer((_request, response) => response.end("well\n"));
  await new Promise<void>((settle, fail) => {
    server.once("error", fail);
    server.listen(port, host, settle);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { stop };
}
