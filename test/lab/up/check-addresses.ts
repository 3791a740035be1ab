import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { SluiceError } from "@sluice/core";
import type { Part } from "./layout.ts";

type Bind = Part["binds"][number];
type Failed = { readonly part: Part; readonly bind: Bind; readonly code: string };

/** Binds every address once and lets go, so that a taken port is told before anything starts, and all of them at once. */
export async function checkAddresses(parts: readonly Part[]): Promise<void> {
  const tried = await Promise.all(
    parts.flatMap((part) => part.binds.map(async (bind) => ({ part, bind, code: await tryBind(bind) }))),
  );
  const failed = tried.flatMap(({ part, bind, code }): Failed[] => (code === undefined ? [] : [{ part, bind, code }]));
  const [first] = failed;
  if (!first) return;
  const problems = failed.map(({ part, bind, code }) => ({
    path: `${bind.protocol} ${bind.host}:${bind.port}`,
    message: `the ${part.role} ${part.name} cannot listen there: ${code}`,
  }));
  const missing = new Set(failed.filter(({ code }) => code === "EADDRNOTAVAIL").map(({ bind }) => bind.host));
  if (missing.size > 0) {
    const message = `this machine lacks ${[...missing].join(", ")}`;
    throw new SluiceError("ADDRESS_MISSING", message, { hint: addAddresses([...missing]), problems });
  }
  const { host, port } = first.bind;
  const what = first.code === "EADDRINUSE" ? "is in use by another process" : `cannot be used (${first.code})`;
  throw new SluiceError("PORT_TAKEN", `${host}:${port} ${what}`, { hint: freePorts(port), problems });
}

const addAddresses = (hosts: readonly string[]): string =>
  [
    `On macOS add them first: ${hosts.map((host) => `sudo ifconfig lo0 alias ${host} up`).join("; ")}`,
    `On Linux, where 127.0.0.0/8 is there by itself: ${hosts.map((host) => `sudo ip address add ${host} dev lo`).join("; ")}`,
  ].join("\n");

const freePorts = (port: number): string =>
  `Find the process with \`ss -lptun 'sport = :${port}'\` (macOS: \`sudo lsof -nP -i :${port}\`) and end it; or begin a lab ` +
  "elsewhere, with --dir <directory> and a --config <file> that names other addresses.";

/** What stands against listening there; undefined when nothing does. */
function tryBind({ protocol, host, port }: Bind): Promise<string | undefined> {
  return new Promise((settle) => {
    const failed = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
    if (protocol === "udp") {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      socket.once("error", failed);
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => settle(undefined)));
      return;
    }
    const server = createServer();
    server.once("error", failed);
    server.listen(port, host, () => server.close(() => settle(undefined)));
  });
}
