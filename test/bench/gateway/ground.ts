import { join } from "node:path";
import type { Plane } from "../../conformance/plane.ts";
import { sluice } from "../../conformance/planes/sluice.ts";
import { keepRunning } from "../../peers/child.ts";
import { type Address, addressesOf, port, serviceHost } from "./addresses.ts";
import type { Cores } from "./cores.ts";
import { type Running, startHaproxy } from "./haproxy.ts";
import type { NodeProxyKind } from "./node-proxy.ts";
import { untilListening } from "./until-listening.ts";

/** `direct`: no proxy at all, which tells what backend and client could do. */
export type ProxyName = "sluice" | "haproxy" | "@fastify/http-proxy" | "http-proxy-middleware" | "direct";
export const nodePeers: readonly ProxyName[] = ["@fastify/http-proxy", "http-proxy-middleware"];

/** Proxies that run side by side before one backend. Only the one that is asked works; the others wait. */
export interface Ground {
  at(name: ProxyName): Address;
  [Symbol.asyncDispose](): Promise<void>;
}

export type GroundShape = {
  readonly cores: Cores;
  readonly net: string;
  readonly backend: Address;
  /** What the backend speaks. Our gateway speaks HTTP/2 for gRPC by itself. */
  readonly protocol: "http1" | "h2c";
  readonly names: readonly ProxyName[];
};

export async function startGround(shape: GroundShape): Promise<Ground> {
  await using started = new AsyncDisposableStack();
  const addresses = new Map<ProxyName, Address>();
  for (const name of shape.names) {
    const running = started.use(await shape.cores.at("proxy", () => starters[name](shape)));
    addresses.set(name, running.address);
  }
  const all = started.move();
  return {
    at(name) {
      const address = addresses.get(name);
      if (address === undefined) throw new Error(`${name} isn't part of this series`);
      return address;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Our gateways, one in each of two sites; clients ask the first. */
export function startSluice(
  shape: Pick<GroundShape, "net" | "protocol">,
  pools: { readonly a: readonly string[]; readonly b: readonly string[] },
): Promise<Plane> {
  return sluice.start({
    net: shape.net,
    sites: ["site-a", "site-b"],
    service: "chat",
    host: serviceHost,
    weights: { stable: 100 },
    pools: new Map([
      ["stable@site-a", pools.a],
      ["stable@site-b", pools.b],
    ]),
    protocol: shape.protocol,
    affinityHeaders: ["x-user-id"],
    drainGraceMs: 75_000,
    speed: 1,
  });
}

const starters: Readonly<Record<ProxyName, (shape: GroundShape) => Promise<Running>>> = {
  async sluice(shape) {
    const endpoints = [`${shape.backend.host}:${shape.backend.port}`];
    const plane = await startSluice(shape, { a: endpoints, b: endpoints });
    return { address: plane.at("site-a"), [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose]() };
  },
  haproxy: ({ net, backend, protocol }) => startHaproxy(addressesOf(net).haproxy, backend, protocol),
  "@fastify/http-proxy": (shape) => startNodeProxy("fastify", shape),
  "http-proxy-middleware": (shape) => startNodeProxy("middleware", shape),
  direct: async ({ backend }) => ({ address: backend, [Symbol.asyncDispose]: () => Promise.resolve() }),
};

async function startNodeProxy(kind: NodeProxyKind, { net, backend }: GroundShape): Promise<Running> {
  const address = { host: addressesOf(net)[kind], port };
  const script = join(import.meta.dirname, "node-proxy.ts");
  const upstream = `http://${backend.host}:${backend.port}`;
  const running = keepRunning(process.execPath, [script, kind, address.host, String(port), upstream]);
  try {
    await untilListening(address, running.said);
    return { address, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}
