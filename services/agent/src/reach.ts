import { connect } from "node:net";
import type { Config } from "@sluice/core";

/** Who an agent asks whether it is itself cut off: agents and arbiters of other sites, and the configured anchors. */
export function reachTargets(
  config: Config,
  site: string,
): readonly { readonly host: string; readonly port: number }[] {
  const elsewhere = [...config.agents, ...config.arbiters].filter((peer) => peer.site !== site).map((peer) => peer.url);
  const anchors = config.probes.anchors.map((anchor) => `tcp://${anchor}`);
  return [...elsewhere, ...anchors].map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
  });
}

/** True as soon as one of them takes a TCP connection, false when none did within the deadline. */
export async function reachesAny(
  targets: readonly { readonly host: string; readonly port: number }[],
  options: { readonly deadlineMs: number; readonly localAddress?: string; readonly signal: AbortSignal },
): Promise<boolean> {
  const done = new AbortController();
  const signal = AbortSignal.any([options.signal, done.signal, AbortSignal.timeout(options.deadlineMs)]);
  try {
    await Promise.any(targets.map((target) => reach(target, { ...options, signal })));
    return true;
  } catch {
    return false;
  } finally {
    done.abort();
  }
}

function reach(
  target: { host: string; port: number },
  options: { localAddress?: string; signal: AbortSignal },
): Promise<void> {
  return new Promise((settle, fail) => {
    const { localAddress } = options;
    const socket = connect({ ...target, ...(localAddress === undefined ? {} : { localAddress }) });
    const end = (error?: unknown): void => {
      socket.destroy();
      if (error === undefined) settle();
      else fail(error);
    };
    options.signal.addEventListener("abort", () => end(new Error("too late")), { once: true });
    socket.once("connect", () => end());
    socket.once("error", end);
    if (options.signal.aborted) end(new Error("too late"));
  });
}
