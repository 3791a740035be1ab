import { createServer } from "node:net";
import { SluiceError } from "@sluice/core";

/** A port that nobody held a moment ago. */
export const freePort = (): Promise<number> => tryPort(0);

/** Says so when another process holds the port that was asked for. */
export async function checkPort(port: number): Promise<void> {
  try {
    await tryPort(port);
  } catch (cause) {
    throw new SluiceError("PORT_TAKEN", `127.0.0.1:${port} is in use, or may not be used`, {
      hint: "End the process that holds it (ss -ltnp names it), or choose another port.",
      cause,
    });
  }
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
