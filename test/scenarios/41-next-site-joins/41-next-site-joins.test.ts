import assert from "node:assert/strict";
import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startAgent } from "@sluice/agent";
import { readConfigFile } from "@sluice/contract";
import type { Config } from "@sluice/core";
import { query } from "@sluice/dns";
import { startModelServer } from "@sluice/lab";
import { startNameserver } from "@sluice/nameserver";
import { makeLogger, readKeyring, readOwnSigner, readToken, systemClock } from "@sluice/runtime";
import { everybodyHas, keysOf, sluice, steady } from "../world/keys.ts";
import { until } from "../world/until.ts";
import { openWorld } from "../world/world.ts";

test("a further site makes its own keys, the root's keeper approves them, and it votes, answers and serves in the running installation", async () => {
  await using world = await openWorld(steady);
  const { directory } = world.parts;
  const [keys, file] = [keysOf(world), join(directory, "next.yaml")];
  const address = addressAfter(world.parts.config);
  await writeFile(file, JSON.stringify(withSiteC(world.parts.config, address)));
  const [here, there] = [join(directory, "site-c"), join(directory, "approved")];

  const asked = await sluice("join", "site-c", "--config", file, "--out", here);
  const proof = ["--fingerprint", String(asked["fingerprint"]), "--config", file, "--out", there];
  await sluice("keys", "approve", String(asked["request"]), "--root", keys.root, ...proof);
  assert.deepEqual(await secretsIn(there), [], "no private key was where the root is");
  await cp(join(there, "site-c"), here, { recursive: true });
  await keys.publish();
  await everybodyHas(world, 2);
  // What it serves is there before anybody looks for it: a pool that was found dead first would not be a standby at once.
  await using _models = await startModels(address);
  const url = world.parts.config.arbiters[0]?.url ?? "";
  const to = ["--arbiters", url, "--token-file", join(keys.root, "operator.token")];
  await sluice("apply", file, "--reason", "site-c joins", ...to);

  await using _site = await startSiteC(await readConfigFile(file), { here, directory });
  await world.untilStatus(
    "all vantages and nameservers are four, fresh and current, and the standby is ready",
    (status) => {
      const { vantages, nameservers, services } = status;
      const isReady = services[0]?.standby.some(({ site, isReady: ready }) => site === "site-c" && ready) ?? false;
      const isFresh = vantages.length === 4 && vantages.every((each) => each.isFresh);
      return isReady && isFresh && nameservers.length === 4 && nameservers.every(({ isCurrent }) => isCurrent);
    },
  );
  await until("the service may move there, and does", async () => {
    const body = { to: "site-c", reason: "to see that it serves" };
    return (await world.operate("POST", "/v1/services/chat/failover", body)).status === 200 || undefined;
  });
  const server = { address, port: world.parts.config.nameservers[0]?.port ?? 0 };
  await until("site-c's own nameserver answers with site-c", async () => {
    const { answers } = await query({ server, name: "chat.llm.example", type: "A", timeoutMs: 5_000 });
    return answers[0]?.data === address || undefined;
  });
});

const addressAfter = ({ sites }: Config): string => {
  const net = sites[0]?.addresses[0]?.split(".").slice(0, 3).join(".");
  return `${net}.${sites.length + 1}`;
};

/** The configuration with one more place: a pool, an agent, a nameserver and a vote. */
function withSiteC(config: Config, address: string): object {
  const like = <E extends { readonly site: string }>(list: readonly E[]) =>
    list.find(({ site }) => site === "site-b") as E;
  const at = (url: string): string => `http://${address}:${new URL(url).port}`;
  const [agent, nameserver] = [like(config.agents), like(config.nameservers)];
  return {
    ...config,
    sites: [...config.sites, { name: "site-c", addresses: [address] }],
    electorate: [...config.electorate, "site-c"],
    agents: [...config.agents, { ...agent, name: "agent-c", site: "site-c", url: at(agent.url) }],
    nameservers: [
      ...config.nameservers,
      { ...nameserver, name: "ns-c.llm.example", site: "site-c", url: at(nameserver.url), address },
    ],
    services: config.services.map((service) => {
      const pool = like(service.pools);
      const endpoints = pool.endpoints.map((endpoint) => `${address}:${endpoint.split(":").at(-1)}`);
      const policy = { ...service.policy, sites: ["site-a", "site-b", "site-c"] };
      return { ...service, policy, pools: [...service.pools, { ...pool, site: "site-c", endpoints }] };
    }),
  };
}

async function secretsIn(directory: string): Promise<readonly string[]> {
  const files = await readdir(directory, { recursive: true });
  return files.filter((file) => file.endsWith(".key"));
}

async function startModels(host: string): Promise<AsyncDisposable> {
  const model = await startModelServer({ site: "site-c", channel: "stable", index: 1, host, port: 9001 });
  return { [Symbol.asyncDispose]: () => model.close(0) };
}

/** Its processes, each with the directory of its own and nothing else. */
async function startSiteC(config: Config, at: { readonly here: string; readonly directory: string }) {
  const logger = makeLogger({ service: "scenario", name: "site-c", level: "silent" });
  const given = async (name: string) => {
    const keysDir = join(at.here, name);
    const stateDir = join(at.directory, name);
    const keyring = await readKeyring(keysDir, stateDir);
    return {
      name,
      config,
      logger,
      keyring,
      keysDir,
      stateDir,
      tokens: { node: await readToken(join(keysDir, "node.token")) },
    };
  };
  const nameserver = await startNameserver(await given("ns-c.llm.example"));
  const own = await given("agent-c");
  const agent = await startAgent({ ...own, clock: systemClock, signer: await readOwnSigner(own) });
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([agent.close(), nameserver.close()]);
    },
  };
}
