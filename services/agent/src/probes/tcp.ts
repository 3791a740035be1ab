import { connect } from "node:net";
import type { Attempt } from "./look.ts";

/** Well when a connection opens. */
export const lookTcp: Attempt = async (pinned, { localAddress, signal }) => {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const socket = connect({ host: pinned.address, port: pinned.port, ...(localAddress ? { localAddress } : {}) });
  const cut = (): void => reject(signal.reason);
  signal.addEventListener("abort", cut, { once: true });
  socket.once("connect", () => resolve(undefined)).on("error", reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", cut);
    socket.destroy();
  }
};
