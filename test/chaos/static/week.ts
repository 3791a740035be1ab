import assert from "node:assert/strict";
import { test } from "node:test";
import { routeRequest } from "@sluice/core";
import { answer, type CompiledZone, compileZone, encodeQuestion } from "@sluice/dns";
import { makeKernel, makeNetwork } from "@sluice/testkit";
import { compileRoutes, type Routes } from "../../../services/gateway/src/compile-routes.ts";
import { makeSimAgent, type SimAgent } from "../../sim/actors/agent.ts";
import { makeSimArbiter, type SimArbiter } from "../../sim/actors/arbiter.ts";
import { makeDatabase } from "../../sim/actors/database.ts";
import { makeSimNode, type SimNode } from "../../sim/actors/node.ts";
import { makeChecks } from "../../sim/checks/checks.ts";
import { makeTallies } from "../../sim/checks/tallies.ts";
import { crash } from "../../sim/faults/processes.ts";
import { forgetSignatures, makeKeyring } from "../../sim/keys.ts";
import { drawConfig } from "../../sim/scenario/draw-config.ts";
import { keysetOf, type World } from "../../sim/world.ts";

const hourMs = 3_600_000;
const weekHours = 7 * 24;
const users = 50;

test("a week without arbiters, agents and database changes no answer, through restarts from disk", async () => {
  const { world, nodes, arbiters, agents, database } = setStage();
  await world.kernel.run(30_000);
  const before = nodes.map((node) => answersOf(world, node));
  for (const actor of [...arbiters, ...agents]) crash(world, actor);
  database.process.crash();
  for (let hour = 1; hour <= weekHours; hour += 1) {
    // Each node dies three times, and not with the others, who would else tell it what it has lost.
    const dying = nodes.filter((_, index) => hour % 50 === 10 * (index + 1));
    const heals = dying.map((node) => crash(world, node));
    await world.kernel.run(world.kernel.now() + 60_000);
    for (const heal of heals) heal?.();
    await world.kernel.run(30_000 + hour * hourMs);
    nodes.forEach((node, index) => {
      assert.ok(node.isOpen(), `${node.process.name} answers in hour ${hour}`);
      assert.deepEqual(answersOf(world, node), before[index], `${node.process.name} in hour ${hour}`);
    });
  }
  assert.deepEqual(world.checks.tallies.findings.violations, []);
  // All of them at once: nobody is left to ask, and each has its disk.
  const heals = nodes.map((node) => crash(world, node));
  for (const heal of heals) heal?.();
  await world.kernel.run(world.kernel.now() + 10_000);
  assert.deepEqual(
    nodes.map((node) => answersOf(world, node)),
    before,
  );
});

/** The product's own loop, shelves and zones, one arbiter, and nothing that goes wrong by itself. */
function setStage() {
  forgetSignatures();
  const kernel = makeKernel(1, () => new Promise((resolve) => process.nextTick(resolve)));
  const config = configWithGateways();
  const tallies = makeTallies(
    () => kernel.now(),
    () => undefined,
  );
  const swarm = new Set<never>();
  const world: World = {
    kernel,
    network: makeNetwork(kernel, () => 8),
    config,
    keyring: makeKeyring(keysetOf(config)),
    swarm,
    checks: makeChecks({ tallies, now: () => kernel.now(), swarm, config }),
    say: () => undefined,
    truth: new Map(),
    ownTraffic: new Map(),
    older: new Set(),
    isHealing: false,
    edge: () => undefined,
  };
  const database = makeDatabase(world);
  const clocks = { rate: 1, wallErrorMs: 0 };
  const arbiters: SimArbiter[] = [];
  const nodes: SimNode[] = [];
  const peers = (): readonly (SimArbiter | SimNode)[] => [...arbiters, ...nodes];
  const arbiter = (name: string) => arbiters.find(({ process }) => process.name === name);
  for (const entry of config.arbiters)
    arbiters.push(makeSimArbiter(world, { entry, database, peers, arbiter, ...clocks }));
  const agents: readonly SimAgent[] = config.agents.map((entry) =>
    makeSimAgent(world, { entry, arbiters, agents: () => agents, ...clocks }),
  );
  for (const kind of ["nameserver", "gateway"] as const) {
    for (const { name, site } of config[`${kind}s`]) {
      const compile: Parameters<typeof makeSimNode>[1]["compile"] =
        kind === "nameserver" ? compileZone : (snapshot) => compileRoutes(snapshot, { site, hash });
      const own = (): readonly SimNode[] => nodes.filter((node) => node.kind === kind);
      nodes.push(makeSimNode(world, { name, site, kind, arbiters, peers: own, compile, wallErrorMs: 0 }));
    }
  }
  for (const actor of [...arbiters, ...agents, ...nodes]) actor.start();
  return { world, nodes, arbiters, agents, database };
}

/** Some configuration with gateways, and as few processes as show it: a week is long. */
function configWithGateways() {
  for (let seed = 1; ; seed += 1) {
    const config = drawConfig(makeKernel(seed, () => Promise.resolve()).chance("config"));
    const { arbiters, nameservers, gateways } = config;
    if (gateways.length === 0) continue;
    return {
      ...config,
      arbiters: arbiters.slice(0, 1),
      nameservers: nameservers.slice(0, 1),
      gateways: gateways.slice(0, 1),
    };
  }
}

/** A nameserver's replies as bytes; of a gateway, where fifty users go. */
function answersOf({ config }: World, node: SimNode): readonly string[] {
  if (node.kind === "nameserver") {
    const zone = node.compiled() as CompiledZone | undefined;
    const names = [...config.services.map(({ host }) => host), config.zone.name, `nobody.${config.zone.name}`];
    return names.flatMap((name) =>
      (["A", "AAAA", "SOA", "NS"] as const).map((type) => {
        const reply = answer(zone, encodeQuestion(1, { name, type }), { transport: "udp", draw: 0.3 });
        return Buffer.from(reply ?? []).toString("hex");
      }),
    );
  }
  const routes = node.compiled() as Routes | undefined;
  return [...(routes?.byHost.values() ?? [])].flatMap(({ compiled, route }) =>
    Array.from({ length: users }, (_, user) => {
      const header = (name: string): string | undefined =>
        route.affinityHeaders.includes(name) ? `user-${user}` : undefined;
      return JSON.stringify(routeRequest(compiled, { header, chance: 0.3 }, { admits: () => 1 }));
    }),
  );
}

const hash = (text: string, seed: number): number => {
  let value = seed | 0;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
};
