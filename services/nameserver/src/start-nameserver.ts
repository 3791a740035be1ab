import { type Config, formatFence } from "@sluice/core";
import { type CompiledZone, compileZone } from "@sluice/dns";
import {
  askAll,
  askKeysets,
  configAtStart,
  followSources,
  type Keyring,
  type Logger,
  listen,
  makeShelf,
  makeWake,
  ownEntry,
  type Shelf,
  type SourcesDeps,
  sourcesOf,
  systemClock,
} from "@sluice/runtime";
import { makeHttpServer, makeRegistry, noteKeyset } from "@sluice/runtime/server";
import { makeNameserverMetrics, type NameserverMetrics } from "./metrics.ts";
import { makeResponder } from "./responder.ts";
import { type DnsSockets, openSockets } from "./sockets.ts";

export type NameserverOptions = {
  readonly name: string;
  readonly config: Config;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly keyring: Keyring;
  /** The operator may look in too; a node itself needs no more than its own. */
  readonly tokens: { readonly operator?: string; readonly node: string };
};

export interface Nameserver {
  /** The DNS port, of use when the configuration said 0. */
  readonly port: number;
  /** The HTTP port, likewise. */
  readonly httpPort: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const askFirstMs = 3_000;
const askKeysMs = 1_000;

/**
 * Starts one nameserver: what an earlier run left on disk, then whatever is newer at arbiters and peers, for 3 s at most,
 * and only then answers. A site that returns must not answer from before its fall.
 */
export async function startNameserver(options: NameserverOptions): Promise<Nameserver> {
  const { name, logger, keyring } = options;
  const inForce = await configAtStart(options.config, options.stateDir, keyring);
  const own = ownEntry("nameserver", name, [inForce.config.nameservers, options.config.nameservers]);
  const stop = new AbortController();
  const registry = makeRegistry();
  noteKeyset(registry, keyring);
  const metrics = makeNameserverMetrics(registry);
  const shelf = makeShelf({ file: `${options.stateDir}/snapshot.json`, keyring, logger, compile: compileZone });
  const app = makeHttpServer({ logger, registry, tokens: options.tokens });
  routes(app, shelf);
  const deps = sourcesDeps(options, shelf, metrics);
  metrics.configRevision.set(inForce.revision);
  deps.onOffer(await shelf.load());
  const sources = sourcesOf(deps, inForce);
  const wake = makeWake({
    clocks: () => [systemClock.monotonicMs(), systemClock.wallMs()],
    catchUp: (signal) => askAll(deps, sources, AbortSignal.any([stop.signal, signal])),
    onWake: (ms) => logger.warn({ event: "woke" }, `stood still for ${Math.round(ms)} ms; asks before it answers`),
  });
  let sockets: DnsSockets | undefined;
  let running: Promise<void> = Promise.resolve();
  const close = async (): Promise<void> => {
    stop.abort();
    wake.stop();
    await Promise.all([sockets?.close(), app.close(), running]);
  };
  try {
    await listen(app, own.url);
    const first = AbortSignal.any([stop.signal, AbortSignal.timeout(askFirstMs)]);
    await askKeysets(deps, inForce.config.arbiters, AbortSignal.any([first, AbortSignal.timeout(askKeysMs)]));
    await askAll(deps, sources, first);
    sockets = await openSockets(own, {
      respond: makeResponder({ shelf, wake, metrics, logger }),
      onTrouble: (where, error) => noteTrouble(where, error, { metrics, logger }),
    });
  } catch (error) {
    await close();
    throw error;
  }
  running = followSources(deps, inForce, stop.signal);
  const { port } = sockets;
  logger.info({ event: "ready", port }, `${name} answers at ${own.address}:${port}`);
  const bound = app.server.address();
  const httpPort = typeof bound === "object" && bound ? bound.port : 0;
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());
  return { port, httpPort, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
}

function sourcesDeps(options: NameserverOptions, shelf: Shelf<CompiledZone>, metrics: NameserverMetrics): SourcesDeps {
  const { name: node, keyring, stateDir, logger, tokens } = options;
  return {
    node,
    token: tokens.node,
    shelf,
    logger,
    keyring,
    stateDir,
    nodes: (config) => config.nameservers,
    onRevision: (revision) => metrics.configRevision.set(revision),
    onOffer(result) {
      metrics.offers.inc({ result });
      metrics.notKept.set(shelf.whyNotKept() === undefined ? 0 : 1);
      const fence = shelf.current()?.snapshot.fence;
      if (!fence) return;
      metrics.epoch.set(fence.epoch);
      metrics.sequence.set(fence.sequence);
    },
  };
}

/** A reply that can't be sent comes as often as somebody wants, so it is counted and not logged; a socket's own trouble is rare. */
function noteTrouble(where: string, error: Error, to: { metrics: NameserverMetrics; logger: Logger }): void {
  to.metrics.troubles.inc({ where });
  const level = where === "udp-send" ? "debug" : "error";
  to.logger[level]({ err: error, event: "socket-trouble", where }, `trouble with a socket, ${where}: ${error.message}`);
}

function routes(app: ReturnType<typeof makeHttpServer>, shelf: Shelf<CompiledZone>): void {
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) => {
    const held = shelf.current();
    const because = shelf.whyNotKept();
    const warning = because === undefined ? {} : { warning: `newer snapshots can't be kept on disk: ${because}` };
    if (!held) return reply.code(503).send({ status: "no snapshot yet", ...warning });
    return { status: "ok", fence: formatFence(held.snapshot.fence), ...warning };
  });
  app.get(
    "/v1/snapshot",
    { config: { access: "node" } },
    (_request, reply) => shelf.current()?.envelope ?? reply.code(204).send(),
  );
}
