import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, startAgent } from "@sluice/agent";
import { type Arbiter, startArbiter } from "@sluice/arbiter";
import type { Config } from "@sluice/core";
import { type ModelServer, type Poll, type ServerPoll, startModelServer, startPoll } from "@sluice/lab";
import { type Nameserver, startNameserver } from "@sluice/nameserver";
import { makeLogger, readKeyring, readOwnSigner, readToken, systemClock } from "@sluice/runtime";
import { makeMemoryDatabase } from "@sluice/testkit";
import { layoutOf } from "../../lab/up/layout.ts";
import { prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Link, startLink } from "./link.ts";
import { drawNet } from "./net.ts";
import { addressOf, ports, type WorldShape, worldConfig } from "./world-config.ts";

/** The parts of a world, by the name of their site; each on real sockets, all in this process. */
export type Parts = {
  readonly config: Config;
  readonly directory: string;
  readonly agents: Map<string, Agent>;
  readonly nameservers: Map<string, Nameserver>;
  readonly models: ReadonlyMap<string, ModelServer>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly links: ReadonlyMap<string, Link>;
  /** What every nameserver has answered since `startPoll`. */
  polled(): readonly ServerPoll[];
  readonly operatorToken: string;
  /** Begins to ask every nameserver every few milliseconds, to the end of the world. */
  startPoll(): void;
  startAgent(site: string): Promise<void>;
  startNameserver(site: string): Promise<void>;
  startArbiter(): Promise<void>;
  stopArbiter(): Promise<void>;
  close(): Promise<void>;
};

const pollEveryMs = 20;
const pollTimeoutMs = 1_000;

/** Starts targets, nameservers, one arbiter, on a store in memory unless another is given, and the agents: whatever is asked for, in any order. */
export async function openParts(shape: WorldShape): Promise<Parts> {
  const net = await drawNet();
  const config = worldConfig(net, shape);
  const directory = await mkdtemp(join(tmpdir(), "sluice-scenario-"));
  await chmod(directory, 0o755);
  const { keysOf, signerOf, tokens } = await prepareWorld(directory, config, shape);
  const common = { config, clock: systemClock, tokens };
  const logger = makeLogger({ service: "scenario", name: "world", level: "silent" });
  const database = shape.database ?? makeMemoryDatabase(systemClock);
  const agents = new Map<string, Agent>();
  const nameservers = new Map<string, Nameserver>();
  let arbiter: Arbiter | undefined;
  let poll: Poll | undefined;
  const { models, links, gateways } = await openTargets(net, shape);
  const stop = new AbortController();
  const parts: Parts = {
    config,
    directory,
    agents,
    nameservers,
    models,
    links,
    gateways,
    operatorToken: tokens.operator,
    polled: () => poll?.servers() ?? [],
    startPoll() {
      poll = pollAll(config, stop.signal);
    },
    async startAgent(site) {
      const name = config.agents.find((entry) => entry.site === site)?.name ?? "";
      const stateDir = join(directory, name);
      agents.set(site, await startAgent({ ...common, ...(await signerOf(name)), name, stateDir, logger }));
    },
    async startNameserver(site) {
      const name = config.nameservers.find((entry) => entry.site === site)?.name ?? "";
      const { keyring } = await keysOf(name);
      const stateDir = join(directory, name);
      nameservers.set(site, await startNameserver({ name, config, stateDir, logger, keyring, tokens }));
    },
    async startArbiter() {
      const [own] = config.arbiters;
      const name = own?.name ?? "";
      arbiter = await startArbiter({ ...common, ...(await signerOf(name)), ...database.open(), name, logger });
    },
    async stopArbiter() {
      await arbiter?.close();
    },
    async close() {
      stop.abort();
      await Promise.all([...agents.values()].map((agent) => agent.close()));
      await arbiter?.close();
      await Promise.all([
        poll?.ended,
        ...[...nameservers.values(), ...[...models.values()].map((model) => ({ close: () => model.close(0) }))].map(
          (part) => part.close(),
        ),
        ...[...gateways.values(), ...links.values()].map((part) => part.stop()),
      ]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return parts;
}

async function prepareWorld(directory: string, config: Config, shape: WorldShape) {
  const keysDirOf = await (shape.prepareKeys ?? inOnePlace)(config, directory);
  const keysOf = async (name: string) => {
    const keysDir = keysDirOf(name);
    return { keysDir, keyring: await readKeyring(keysDir, join(directory, name)) };
  };
  const signerOf = async (name: string) => {
    const keys = await keysOf(name);
    return { ...keys, signer: await readOwnSigner({ ...keys, name, settleMs: 1_000 }) };
  };
  const ofArbiter = keysDirOf(config.arbiters[0]?.name ?? "");
  const operator = await readToken(join(ofArbiter, "operator.token"));
  const node = await readToken(join(ofArbiter, "node.token"));
  return { keysOf, signerOf, tokens: { operator, node } };
}

async function inOnePlace(config: Config, directory: string): Promise<() => string> {
  const layout = layoutOf(directory);
  await prepareDirectories(layout);
  await prepareKeys(layout, config);
  return () => layout.keys;
}

/** Model servers, each behind a link on its site's address, and the sites' front doors. */
async function openTargets(net: string, shape: WorldShape) {
  const models = new Map<string, ModelServer>();
  const links = new Map<string, Link>();
  const gateways = new Map<string, Gateway>();
  for (const site of shape.sites) {
    const host = addressOf(net, shape, site);
    const model = await startModelServer({ site, channel: "stable", index: 1, host: "127.0.0.1", port: 0 });
    if (shape.loading?.includes(site)) await model.setFaults({ missingModel: true });
    models.set(site, model);
    links.set(site, await startLink({ host, port: ports.model }, { host: "127.0.0.1", port: model.port }));
  }
  if (shape.gateways)
    for (const site of shape.sites) gateways.set(site, await startGateway(addressOf(net, shape, site), ports.gateway));
  return { models, links, gateways };
}

function pollAll(config: Config, signal: AbortSignal): Poll {
  const siteOf = (address: string): string | undefined =>
    config.sites.find((site) => site.addresses.includes(address))?.name;
  return startPoll({
    servers: config.nameservers,
    question: { name: "chat.llm.example", type: "A" },
    siteOf,
    intervalMs: pollEveryMs,
    timeoutMs: pollTimeoutMs,
    signal,
  });
}
