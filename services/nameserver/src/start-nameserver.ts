import { type Config, formatFence, SluiceError } from "@sluice/core";
import { answer, errorReply, rcodes } from "@sluice/dns";
import { type Keyring, type Logger, listen, makeHttpServer, makeRegistry } from "@sluice/runtime";
import { makeNameserverMetrics, type NameserverMetrics } from "./metrics.ts";
import { makeShelf, type Shelf } from "./shelf.ts";
import { openSockets, type Responder } from "./sockets.ts";
import { askOnce, type Source, subscribe } from "./subscribe.ts";

export type NameserverOptions = {
  readonly name: string;
  readonly config: Config;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly keyring: Keyring;
  readonly tokens: { readonly operator: string; readonly node: string };
};

export interface Nameserver {
  /** The DNS port, of use when the configuration said 0. */
  readonly port: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const askFirstMs = 3_000;

/**
 * Starts one nameserver: what an earlier run left on disk, then whatever is newer at arbiters and peers, for 3 s at most,
 * and only then answers. A site that returns must not answer from before its fall.
 */
export async function startNameserver(options: NameserverOptions): Promise<Nameserver> {
  const { name, config, logger, keyring } = options;
  const own = config.nameservers.find((entry) => entry.name === name);
  if (!own) {
    const known = config.nameservers.map((entry) => entry.name).join(", ");
    throw new SluiceError("CONFIG_INVALID", `no nameserver is called ${name}`, {
      hint: `The configuration names ${known}.`,
    });
  }
  const stop = new AbortController();
  const registry = makeRegistry();
  const metrics = makeNameserverMetrics(registry);
  const shelf = makeShelf({ file: `${options.stateDir}/snapshot.json`, keyring, logger });
  const onOffer = (result: string): void => {
    metrics.offers.inc({ result });
    const fence = shelf.current()?.snapshot.fence;
    if (fence) {
      metrics.epoch.set(fence.epoch);
      metrics.sequence.set(fence.sequence);
    }
  };
  const deps = { node: name, token: options.tokens.node, shelf, logger, onOffer };
  const arbiters: readonly Source[] = config.arbiters;
  const peers: readonly Source[] = config.nameservers.filter((entry) => entry.name !== name);
  const app = makeHttpServer({ logger, registry, tokens: options.tokens });
  routes(app, shelf);
  await listen(app, own.url);
  await shelf.load();
  const first = AbortSignal.any([stop.signal, AbortSignal.timeout(askFirstMs)]);
  await Promise.all([...arbiters, ...peers].map((source) => askOnce(deps, source, first)));
  const sockets = await openSockets(own, makeResponder(shelf, metrics, logger));
  const running = arbiters.map((source) => subscribe(deps, source, stop.signal));
  logger.info({ event: "ready", port: sockets.port }, `${name} answers at ${own.address}:${sockets.port}`);
  const close = async (): Promise<void> => {
    if (stop.signal.aborted) return;
    stop.abort();
    await Promise.all([sockets.close(), app.close(), ...running]);
  };
  return { port: sockets.port, close, [Symbol.asyncDispose]: close };
}

/** Answers by the snapshot on the shelf. Whatever throws is our mistake and becomes SERVFAIL: never a crash, never silence. */
function makeResponder(shelf: Shelf, metrics: NameserverMetrics, logger: Logger): Responder {
  return (query, transport) => {
    const count = (rcode: string): void => metrics.queries.inc({ transport, rcode });
    const isQuery = query.length >= 12 && ((query[2] ?? 0) & 0x80) === 0;
    if (!isQuery) {
      count("dropped");
      return undefined;
    }
    try {
      const held = shelf.current();
      const reply = held
        ? answer(held.zone, query, { transport, draw: Math.random() })
        : errorReply(query, rcodes.servfail);
      count(reply ? String((reply[3] ?? 0) & 0x0f) : "dropped");
      return reply;
    } catch (error) {
      metrics.failures.inc();
      logger.error({ err: error }, "a query could not be answered");
      return errorReply(query, rcodes.servfail);
    }
  };
}

function routes(app: ReturnType<typeof makeHttpServer>, shelf: Shelf): void {
  app.get("/readyz", { config: { access: "open" } }, (_request, reply) => {
    const held = shelf.current();
    if (!held) return reply.code(503).send({ status: "no snapshot yet" });
    return { status: "ok", fence: formatFence(held.snapshot.fence) };
  });
  app.get(
    "/v1/snapshot",
    { config: { access: "node" } },
    (_request, reply) => shelf.current()?.envelope ?? reply.code(204).send(),
  );
}
