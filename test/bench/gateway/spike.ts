import { Agent } from "node:http";
import { startPools } from "../../conformance/backends/pools.ts";
import { ask } from "../../conformance/clients/http.ts";
import { pace } from "../../conformance/clients/load.ts";
import { drawNet } from "../../conformance/draw-net.ts";
import { serviceHost } from "./addresses.ts";
import { startSluice } from "./ground.ts";
import { type Asked, judgeSpike } from "./judge-spike.ts";
import type { Series } from "./setting.ts";

const perSecond = 50;
const sites = ["site-a", "site-b"] as const;
const movedMsMax = 5_000;
const failedMax = 30;
const times = { full: { calmMs: 30_000, badMs: 60_000 }, short: { calmMs: 2_000, badMs: 10_000 } } as const;
/** Every third can't be repeated. */
const postEvery = 3;

/** All of site A's pool answers 500 from one moment on: when new requests are B's, and how many were lost. */
export const spike: Series = {
  name: "5xx spike",
  async play({ cores, isShort }) {
    const net = await drawNet();
    await using pools = await startClosingPools(net);
    const endpoints = pools.endpoints();
    await using plane = await cores.at("proxy", () =>
      startSluice(
        { net, protocol: "http1" },
        { a: endpoints.get("stable@site-a") ?? [], b: endpoints.get("stable@site-b") ?? [] },
      ),
    );
    const { calmMs, badMs } = isShort ? times.short : times.full;
    const { host, port } = plane.at("site-a");
    const agent = new Agent({ keepAlive: true });
    const one = (index: number): Promise<Asked> => request(`http://${host}:${port}/v1/chat`, index, agent);
    // The statistics need to know what is normal before they can tell what isn't.
    const calm = await pace({ perSecond, forMs: calmMs }, one);
    await pools.setMood({ site: sites[0] }, { failing: { share: 1, status: 500 } });
    const asked = await pace({ perSecond, forMs: badMs }, one);
    agent.destroy();
    const { movedMs, failed, failedPosts } = judgeSpike(asked, sites[1]);
    const failedBefore = calm.filter(({ isGood }) => !isGood).length;
    return {
      heading: ["series", "requests", "s until on B", "failed", "of them POST", "failed before"],
      rows: [
        [
          spike.name,
          String(asked.length),
          movedMs === undefined ? "–" : (movedMs / 1_000).toFixed(2),
          ...[failed, failedPosts, failedBefore].map(String),
        ],
      ],
      aims: [
        {
          what: "from the first failed request until new ones are on B",
          measured: movedMs === undefined ? undefined : movedMs / 1_000,
          is: "below",
          limit: movedMsMax / 1_000,
          unit: "s",
        },
        {
          what: `failed of the ${asked.length} requests`,
          measured: failed,
          is: "at most",
          limit: failedMax,
          unit: "",
        },
      ],
      notes: [],
    };
  },
};

async function startClosingPools(net: string) {
  const pools = await startPools({ net, sites, channels: ["stable"], endpoints: 3, http2: "grpc" });
  return { ...pools, [Symbol.asyncDispose]: () => pools.close() };
}

async function request(url: string, index: number, agent: Agent): Promise<Asked> {
  const isPost = index % postEvery === 0;
  const startedAtMs = performance.now();
  const headers = { host: serviceHost, "x-user-id": `user-${index % 500}` };
  try {
    const { status, servedBy } = await ask(url, { headers, agent, ...(isPost ? { body: "{}" } : {}) });
    return { startedAtMs, isPost, isGood: status === 200, site: servedBy.split("/")[0] ?? "" };
  } catch {
    return { startedAtMs, isPost, isGood: false, site: "" };
  }
}
