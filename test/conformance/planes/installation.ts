import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, startAgent } from "@sluice/agent";
import { type Arbiter, startArbiter } from "@sluice/arbiter";
import { makeLogger, readKeyring, readSigner, readToken, systemClock } from "@sluice/runtime";
import { makeMemoryDatabase } from "@sluice/testkit";
import { layoutOf } from "../../lab/up/layout.ts";
import { prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { until } from "../../scenarios/world/until.ts";
import { type Pools, startPools } from "../backends/pools.ts";
import { type Crowd, openCrowd } from "../clients/load.ts";
import { addressOf, drawNet, ports } from "../draw-net.ts";
import type { PlaneShape, Weights } from "../plane.ts";
import { type GatewayChild, startGatewayChild } from "./gateway-child.ts";
import { controlAddress, gatewayOf, sluiceConfig } from "./sluice-config.ts";

/** A whole installation: a real arbiter with its agents, both gateways, and the pools. What is asked of it goes by its API. */
export interface Installation {
  readonly pools: Pools;
  crowd(site?: string): Crowd;
  /** One request to the arbiter's API, by an operator. */
  api(method: string, path: string, more?: ApiMore): Promise<ApiAnswer>;
  stopArbiter(): Promise<void>;
  startArbiter(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type ApiMore = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };
export type ApiAnswer = {
  readonly status: number;
  readonly etag: string;
  readonly body: Readonly<Record<string, unknown>>;
};

const sites = ["site-a", "site-b"];

export async function openInstallation(weights: Weights): Promise<Installation> {
  const net = await drawNet();
  const pools = await startPools({ net, sites, channels: Object.keys(weights), endpoints: 1, http2: "grpc" });
  const shape = shapeOf(net, weights, pools);
  const root = await mkdtemp(join(tmpdir(), "sluice-installation-"));
  const { config, document } = sluiceConfig(shape);
  const layout = layoutOf(root);
  await prepareDirectories(layout);
  await prepareKeys(layout, config);
  await writeFile(layout.config, JSON.stringify(document));
  const operator = await readToken(join(layout.keys, "operator.token"));
  const tokens = { operator, node: await readToken(join(layout.keys, "node.token")) };
  const logger = makeLogger({ service: "conformance", name: "installation", level: "silent" });
  const database = makeMemoryDatabase(systemClock);
  const common = { config, clock: systemClock, tokens, logger };
  const agents: Agent[] = [];
  const children: GatewayChild[] = [];
  let arbiter: Arbiter | undefined;

  const own = async (name: string) => ({
    name,
    keyring: await readKeyring(layout.keys, join(root, name)),
    signer: await readSigner(join(layout.keys, `${name}.key`), name),
  });
  async function start(): Promise<void> {
    arbiter = await startArbiter({ ...common, ...(await own("arbiter-w")), ...database.open() });
  }
  const api = makeApi(`http://${controlAddress(shape)}:${ports.control}`, operator);
  async function close(): Promise<void> {
    await Promise.all(children.map((child) => child.kill()));
    await Promise.all(agents.map((agent) => agent.close()));
    await arbiter?.close();
    await pools.close();
    await rm(root, { recursive: true, force: true });
  }

  try {
    await start();
    for (const { name } of config.agents)
      agents.push(await startAgent({ ...common, ...(await own(name)), stateDir: join(root, name) }));
    const files = { config: layout.config, keys: layout.keys, root, speed: 1 };
    children.push(
      ...(await Promise.all(
        sites.map((site) =>
          startGatewayChild({
            ...files,
            name: gatewayOf(site),
            adminUrl: `http://${addressOf(net, sites, site)}:${ports.admin}`,
          }),
        ),
      )),
    );
    await until("both gateways serve what the arbiter says", async () => isCurrent(await api("GET", "/v1/status")));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pools,
    crowd: (site = "site-a") => openCrowd(`http://${addressOf(net, sites, site)}:${ports.http}`, shape.host),
    api,
    stopArbiter: async () => arbiter?.close(),
    startArbiter: start,
    [Symbol.asyncDispose]: close,
  };
}

function makeApi(url: string, token: string): Installation["api"] {
  return async (method, path, { body, headers = {} } = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed = text === "" ? {} : (JSON.parse(text) as ApiAnswer["body"]);
    return { status: answer.status, etag: answer.headers.get("etag") ?? "", body: parsed };
  };
}

const shapeOf = (net: string, weights: Weights, pools: Pools): PlaneShape => ({
  net,
  sites,
  service: "chat",
  host: "chat.llm.example",
  weights,
  pools: pools.endpoints(),
  protocol: "http1",
  affinityHeaders: ["x-user-id"],
  drainGraceMs: 5_000,
  speed: 1,
});

type Gateways = { readonly gateways?: readonly { readonly isCurrent: boolean }[] };

const isCurrent = ({ body }: ApiAnswer): true | undefined => {
  const { gateways = [] } = body as Gateways;
  return (gateways.length === sites.length && gateways.every((gateway) => gateway.isCurrent)) || undefined;
};
