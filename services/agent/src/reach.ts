import { connect, isIP } from "node:net";
import type { Config } from "@sluice/core";
import { type GuardRules, guardTarget } from "./guard-target.ts";

/** Whom an agent asks whether it is itself cut off. */
export type Outside = {
  /** Agents and arbiters of other sites. */
  readonly peers: readonly Door[];
  /** Configured places, `host:port`, resolved and guarded like probe targets. */
  readonly anchors: readonly string[];
};

export type Door = { readonly host: string; readonly port: number };

export type ReachOptions = {
  readonly deadlineMs: number;
  readonly localAddress?: string;
  readonly rules: GuardRules;
  readonly signal: AbortSignal;
};

export function outsideOf(config: Pick<Config, "agents" | "arbiters" | "probes">, site: string): Outside {
  const peers = [...config.agents, ...config.arbiters].filter((peer) => peer.site !== site);
  return { peers: peers.map(({ url }) => doorOf(url)), anchors: config.probes.anchors };
}

/** Host and port of a URL, with the scheme's port when it names none. */
export function doorOf(url: string): Door {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

const late = new Error("too late");

/** True as soon as one of them takes a TCP connection, false when none did within the deadline. With nobody to ask it is true. */
export async function reachesAny(outside: Outside, options: ReachOptions): Promise<boolean> {
  if (outside.peers.length + outside.anchors.length === 0) return true;
  const done = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (): void => {
    done.abort(late);
    reject(late);
  };
  const timer = setTimeout(end, options.deadlineMs);
  options.signal.addEventListener("abort", end, { once: true });
  const from = { ...options, signal: done.signal };
  const tries = [
    ...outside.peers.map((peer) => reach(peer, from)),
    ...outside.anchors.map((anchor) => reachAnchor(anchor, from)),
  ];
  try {
    await Promise.race([Promise.any(tries), ended]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", end);
    end();
  }
}

/** An anchor on this machine would always be reached and prove nothing, so the rules for targets hold for anchors. */
async function reachAnchor(anchor: string, options: ReachOptions): Promise<void> {
  const guarded = await guardTarget(anchor, options.rules);
  if (guarded.kind === "refused") throw new Error(guarded.because);
  await reach({ host: guarded.pinned.address, port: guarded.pinned.port }, options);
}

function reach(door: Door, options: ReachOptions): Promise<void> {
  return new Promise((settle, fail) => {
    if (options.signal.aborted) return fail(late);
    const socket = connect({ ...door, ...leaveFrom(options.localAddress, door.host) });
    const end = (error?: unknown): void => {
      socket.destroy();
      if (error === undefined) settle();
      else fail(error);
    };
    options.signal.addEventListener("abort", () => end(late), { once: true });
    socket.once("connect", () => end());
    socket.on("error", end);
  });
}

/** The agent's own address, so that a cut network cuts its checks too; not for a peer of the other family. */
function leaveFrom(localAddress: string | undefined, host: string): { localAddress?: string; family?: number } {
  const family = isIP(localAddress ?? "");
  if (localAddress === undefined || family === 0) return {};
  if (isIP(host) === 0) return { localAddress, family };
  return isIP(host) === family ? { localAddress } : {};
}
