import assert from "node:assert/strict";
import type { PoolLook } from "@sluice/core";
import { request } from "@sluice/runtime";
import type { Counts, Explanation, PoolName } from "../plane.ts";
import type { PoolTraffic } from "../words.ts";

/** What operators and agents ask a gateway at its admin door. */
export interface Admin {
  traffic(looks: readonly PoolLook[]): Promise<readonly PoolTraffic[]>;
  counts(pool: PoolName): Promise<Counts>;
  explain(headers: Readonly<Record<string, string>>): Promise<Explanation>;
  bidGo(): Promise<void>;
  takeBack(): Promise<void>;
  residual(): Promise<number>;
}

type About = {
  readonly tokens: { readonly operator: string; readonly node: string };
  readonly service: string;
  readonly host: string;
};

export function makeAdmin(url: string, { tokens, host }: About): Admin {
  async function ask(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> {
    const answer = await request({
      url: `${url}${path}`,
      method,
      token: tokens.operator,
      timeoutMs: 5_000,
      ...(body ? { body } : {}),
    });
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  return {
    async traffic(looks) {
      const answer = await ask("POST", "/v1/traffic", { agent: "agent-of-the-test", looks });
      return (answer as { readonly pools: readonly PoolTraffic[] }).pools;
    },
    async counts(pool) {
      const [channel, site] = pool.split("@");
      const lines = String(await ask("GET", "/metrics")).split("\n");
      const counts = { success: 0, failure: 0, saturated: 0, neither: 0 };
      for (const line of lines) {
        const found = /^sluice_gateway_requests_total\{(.*)\} (\d+)/.exec(line);
        const label = (name: string): string =>
          new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(found?.[1] ?? "")?.[1] ?? "";
        const outcome = label("outcome");
        if (label("channel") !== channel || label("site") !== site || !isCounted(outcome)) continue;
        counts[outcome] += Number(found?.[2]);
      }
      return counts;
    },
    async explain(headers) {
      const query = new URLSearchParams({ host });
      for (const [name, value] of Object.entries(headers)) query.append("header", `${name}:${value}`);
      const { decision } = (await ask("GET", `/v1/explain?${query}`)) as { readonly decision: Decided };
      return decision.kind === "route"
        ? { channel: decision.channel, sites: decision.sites, because: decision.because }
        : { channel: "", sites: [], because: decision.reason };
    },
    async bidGo() {
      await ask("POST", "/v1/drain", {});
    },
    async takeBack() {
      await ask("DELETE", "/v1/drain");
    },
    residual: async () => ((await ask("GET", "/v1/drain")) as { readonly residual: number }).residual,
  };
}

type Decided =
  | { readonly kind: "route"; readonly channel: string; readonly sites: readonly string[]; readonly because: string }
  | { readonly kind: "refuse"; readonly reason: string };

const outcomes = ["success", "failure", "saturated", "neither"] as const;
const isCounted = (outcome: string): outcome is (typeof outcomes)[number] => outcomes.some((one) => one === outcome);
