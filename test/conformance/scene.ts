import { type Pools, startPools } from "./backends/pools.ts";
import { type Grpc, openGrpc } from "./clients/grpc.ts";
import { type Answer, ask, type Question } from "./clients/http.ts";
import { type Crowd, openCrowd } from "./clients/load.ts";
import { drawNet } from "./draw-net.ts";
import type { Door, Plane, PlaneKind, PlaneShape, Weights } from "./plane.ts";

/** What a scenario is played on: a plane, the backends behind it, and a few short ways to ask. */
export interface Scene {
  readonly kind: PlaneKind;
  readonly plane: Plane;
  readonly pools: Pools;
  readonly host: string;
  readonly sites: readonly [string, string];
  door(site?: string): Door;
  /** `http://address:port` of a site; the first, if none is named. */
  url(site?: string): string;
  /** One request for the service, by node:http. */
  ask(path: string, question?: Question & { readonly site?: string }): Promise<Answer>;
  crowd(site?: string, connections?: number): Crowd;
  grpc(site?: string): Grpc;
  /** Changes the weights and waits until every gateway serves by them. */
  weigh(weights: Weights): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type SceneShape = {
  /** Every channel there are pools for, with its weight at the start. Default: all on `stable`. */
  readonly weights?: Weights;
  /** Per pool. Default 1. */
  readonly endpoints?: number;
  readonly protocol?: PlaneShape["protocol"];
  /** Who answers HTTP/2 at the backends. Default: the gRPC library; over `h2c`, the same routes as over HTTP/1.1. */
  readonly http2?: "grpc" | "routes";
} & Partial<Pick<PlaneShape, "affinityHeaders" | "variant" | "drainGraceMs" | "speed">>;

const sites = ["site-a", "site-b"] as const;
const host = "chat.llm.example";

export async function openScene(kind: PlaneKind, shape: SceneShape = {}): Promise<Scene> {
  const net = await drawNet();
  const weights = shape.weights ?? { stable: 100 };
  const { protocol = "http1", endpoints = 1, http2 = protocol === "h2c" ? "routes" : "grpc" } = shape;
  const pools = await startPools({ net, sites, channels: Object.keys(weights), endpoints, http2 });
  try {
    const plane = await kind.start({
      affinityHeaders: ["x-user-id"],
      drainGraceMs: 75_000,
      speed: 1,
      ...shape,
      net,
      sites,
      service: "chat",
      host,
      weights,
      protocol,
      pools: pools.endpoints(),
    });
    return makeScene(kind, plane, pools);
  } catch (error) {
    await pools.close();
    throw error;
  }
}

function makeScene(kind: PlaneKind, plane: Plane, pools: Pools): Scene {
  const door = (site: string = sites[0]): Door => plane.at(site);
  const url = (site?: string): string => `http://${door(site).host}:${door(site).port}`;
  return {
    kind,
    plane,
    pools,
    host,
    sites,
    door,
    url,
    ask: (path, { site, ...question } = {}) =>
      ask(`${url(site)}${path}`, { ...question, headers: { host, ...question.headers } }),
    crowd: (site, connections) => openCrowd(url(site), host, connections),
    grpc: (site) => openGrpc(`${door(site).host}:${door(site).port}`, host),
    async weigh(weights) {
      const change = await plane.setWeights(weights);
      await change.applied();
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await pools.close();
    },
  };
}
