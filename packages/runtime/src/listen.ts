import { SluiceError } from "@sluice/core";

/** Listens at a URL's host and port. A taken port and a missing address say what to do. */
export async function listen(
  app: { listen(options: { host: string; port: number }): Promise<string> },
  url: string,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  try {
    await app.listen({ host, port: Number(port) });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const hint = `Find the process with \`ss -ltnp 'sport = :${port}'\` and stop it, or configure another port.`;
      throw new SluiceError("PORT_TAKEN", `${host}:${port} is in use`, { hint, cause });
    }
    if (code === "EADDRNOTAVAIL") {
      const hint = `On macOS add it first: sudo ifconfig lo0 alias ${host}`;
      throw new SluiceError("ADDRESS_MISSING", `this machine has no address ${host}`, { hint, cause });
    }
    throw cause;
  }
}
