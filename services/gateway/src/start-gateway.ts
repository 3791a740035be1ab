import type { Config, Snapshot } from "@sluice/core";
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
import { xxh32 } from "@sluice/runtime/hash";
import { type HttpServer, makeHttpServer, makeRegistry, noteKeyset } from "@sluice/runtime/server";
import { adminRoutes } from "./admin/admin-routes.ts";
import { compileRoutes, drainGraceMs, type Routes } from "./compile-routes.ts";
import type { MakeDataPath } from "./data-path.ts";
import { makeDoors } from "./doors.ts";
import { type GatewayMetrics, makeGatewayMetrics } from "./metrics.ts";

export type GatewayOptions = {
  readonly name: string;
  readonly config: Config;
  readonly keysDir: string;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly keyring: Keyring;
  /** The operator drains and clears; agents and other gateways need no more than the node's. */
  readonly tokens: { readonly operator: string; readonly node: string };
  readonly dataPath: MakeDataPath;
};

export interface Gateway {
  /** The admin port, of use when the configuration said 0. */
  readonly httpPort: number;
  /** Bids clients go, and resolves when nothing is under way, or when `hurry` aborts, or when the services' grace is over. */
  drain(hurry: AbortSignal): Promise<void>;
  /** Rejects when the doors could not be opened for a snapshot that came after the start. */
  readonly failed: Promise<never>;
  /** Ends at once. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const askFirstMs = 3_000;
const askKeysMs = 1_000;

/**
 * Starts one gateway: what an earlier run left on disk, then whatever is newer at arbiters and peers, for 3 s at most, and only
 * then does it listen for clients. A site that returns must not serve from before its fall.
 *
 *   1  the snapshot on disk, verified; nothing is served by it yet
 *   2  the admin door, so that peers that start at the same time can ask
 *   3  the question to arbiters and peers
 *   4  the doors to clients, if there is a route; else they open with the first snapshot that has one
 *   5  the subscription
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { name, logger, keyring, stateDir } = options;
  const inForce = await configAtStart(options.config, stateDir, keyring);
  const own = ownEntry("gateway", name, [inForce.config.gateways, options.config.gateways]);
  const stop = new AbortController();
  const registry = makeRegistry();
  noteKeyset(registry, keyring);
  const metrics = makeGatewayMetrics(registry);
  const dataPath = options.dataPath({ own, keysDir: options.keysDir, logger, registry });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const doors = makeDoors({ dataPath, logger, metrics, onFailure: failed.reject });
  // Until arbiters and peers have been asked, what is on disk is kept back: it may be from before the site's fall.
  let isAsked = false;
  const shelf = makeShelf<Routes>({
    file: `${stateDir}/snapshot.json`,
    keyring,
    logger,
    compile: (snapshot: Snapshot) => compileRoutes(snapshot, { site: own.site, hash: xxh32 }),
    onAccept: ({ compiled }) => isAsked && doors.use(compiled),
  });
  const deps = sourcesDeps(options, { shelf, metrics });
  metrics.configRevision.set(inForce.revision);
  deps.onOffer(await shelf.load());
  const sources = sourcesOf(deps, inForce);
  const wake = makeWake({
    clocks: () => [systemClock.monotonicMs(), systemClock.wallMs()],
    catchUp: (signal) => askAll(deps, sources, AbortSignal.any([stop.signal, signal])),
    onWake: (ms) => logger.warn({ event: "woke" }, `stood still for ${Math.round(ms)} ms; asks what it missed`),
  });
  const app = makeHttpServer({ logger, registry, tokens: options.tokens });
  adminRoutes(app, { own, shelf, doors, dataPath, wake, metrics });
  let running: Promise<void> = Promise.resolve();
  const close = async (): Promise<void> => {
    stop.abort();
    wake.stop();
    await Promise.all([doors.close(), app.close(), running]);
  };
  try {
    await listen(app, own.url);
    const first = AbortSignal.any([stop.signal, AbortSignal.timeout(askFirstMs)]);
    await askKeysets(deps, inForce.config.arbiters, AbortSignal.any([first, AbortSignal.timeout(askKeysMs)]));
    await askAll(deps, sources, first);
    isAsked = true;
    const held = shelf.current();
    if (held) doors.use(held.compiled);
    await doors.opened();
  } catch (error) {
    await close();
    throw error;
  }
  if (doors.state() === "waiting") logger.info({ event: "listening" }, `${name} waits for a snapshot with a route`);
  running = followSources(deps, inForce, stop.signal);
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());
  return {
    httpPort: portOf(app),
    failed: failed.promise,
    drain(hurry) {
      metrics.draining.set(1);
      return doors.drain(AbortSignal.any([hurry, AbortSignal.timeout(drainGraceMs(doors.routes()))]));
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function portOf(app: HttpServer): number {
  const bound = app.server.address();
  return typeof bound === "object" && bound ? bound.port : 0;
}

type Served = { readonly shelf: Shelf<Routes>; readonly metrics: GatewayMetrics };

function sourcesDeps(options: GatewayOptions, { shelf, metrics }: Served): SourcesDeps {
  const { name: node, keyring, stateDir, logger, tokens } = options;
  return {
    node,
    token: tokens.node,
    shelf,
    logger,
    keyring,
    stateDir,
    nodes: (config) => config.gateways,
    onRevision: (revision) => metrics.configRevision.set(revision),
    onOffer(result) {
      metrics.offers.inc({ result });
      metrics.notKept.set(shelf.whyNotKept() === undefined ? 0 : 1);
    },
  };
}
