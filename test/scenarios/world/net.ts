import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { type Net, ports } from "./world-config.ts";

/** A /24 of loopback that nobody uses: the first address's ports are tried, and another one is drawn when one is taken. */
export async function drawNet(): Promise<Net> {
  for (;;) {
    const net = `127.${randomInt(20, 250)}.${randomInt(1, 255)}`;
    const free = await Promise.all([ports.agent, ports.nameserver, ports.dns].map((port) => isFree(`${net}.1`, port)));
    if (free.every((each) => each)) return net;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
