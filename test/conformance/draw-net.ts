import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** A /24 of loopback for one scene. Two addresses of it are tried at the ports that planes use; a taken one is drawn anew. */
export async function drawNet(): Promise<string> {
  for (;;) {
    const net = `127.${randomInt(20, 250)}.${randomInt(1, 255)}`;
    const looks = [`${net}.1`, `${net}.2`].flatMap((host) => planePorts.map((port) => isFree(host, port)));
    if ((await Promise.all(looks)).every((isOne) => isOne)) return net;
  }
}

/** Fixed, since the addresses are a scene's own: clients, TLS, the hop between sites, and the admin door. */
export const ports = { http: 8080, tls: 8443, hop: 8444, admin: 7403, control: 7400 } as const;
const planePorts = Object.values(ports);

/** The gateway of a site. */
export const addressOf = (net: string, sites: readonly string[], site: string): string =>
  `${net}.${sites.indexOf(site) + 1}`;

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
