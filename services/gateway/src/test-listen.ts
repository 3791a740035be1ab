import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** A port of its own for a server, which whoever opened it closes. */
export async function listenOn(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
