import { compileZone } from "@sluice/dns";
import { makeKernel, makeNetwork } from "@sluice/testkit";
import { compileRoutes } from "../../services/gateway/src/compile-routes.ts";
import { makeSimAgent, type SimAgent } from "./actors/agent.ts";
import { makeSimArbiter, type SimArbiter } from "./actors/arbiter.ts";
import { databasePlace, makeDatabase } from "./actors/database.ts";
import { startForgers, startReplays } from "./actors/forger.ts";
import { makeSimNode, type SimNode } from "./actors/node.ts";
import { makeOperator } from "./actors/operator.ts";
import { startResolver } from "./actors/resolver.ts";
import { makeChecks } from "./checks/checks.ts";
import { type Findings, makeTallies } from "./checks/tallies.ts";
import { ending } from "./ending.ts";
import { clientPlaces, makeCuts, networkFaults } from "./faults/network.ts";
import { type Cast, crash, databaseFaults, diskFaults, processFaults, siteLoss } from "./faults/processes.ts";
import { makeSchedule, type Schedule } from "./faults/schedule.ts";
import { siteFaults } from "./faults/sites.ts";
import { forgetSignatures, makeKeyring } from "./keys.ts";
import { draw } from "./scenario/draw.ts";
import { drawConfig } from "./scenario/draw-config.ts";
import { drawSwarm } from "./scenario/swarm.ts";
import { drawVersions } from "./versions.ts";
import { keysetOf, type World } from "./world.ts";

export type Simulated = {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly findings: Findings;
  readonly story: readonly string[];
};

/** One seed from its first event to its last. `isTold`: keep the story too, which costs time and changes nothing. */
export async function simulate(seed: number, isTold = false): Promise<Simulated> {
  const stage = setStage(seed, isTold);
  const { world, story } = stage;
  await runCarefully(world, stage.chaosMs);
  if (!isBroken(world)) await ending(world, stage);
  return {
    seed,
    hash: world.kernel.hash(),
    events: world.kernel.count(),
    virtualMs: world.kernel.now(),
    findings: world.checks.tallies.findings,
    story,
  };
}

/** Runs in short stretches, and ends with the first thing that was wrong: what follows from it is of no use. */
export async function runCarefully(world: World, forMs: number): Promise<void> {
  const until = world.kernel.now() + forMs;
  while (world.kernel.now() < until && !isBroken(world))
    await world.kernel.run(Math.min(until, world.kernel.now() + 2_000));
}

export const isBroken = (world: World): boolean => world.checks.tallies.findings.violations.length > 0;

export type Stage = {
  readonly world: World;
  readonly story: string[];
  readonly chaosMs: number;
  readonly schedule: Schedule;
  readonly cast: Cast;
  readonly arbiters: readonly SimArbiter[];
  readonly operator: ReturnType<typeof makeOperator>;
};

/** Node runs the next tick when no microtask is left, so every promise of an event has been followed to its end by then. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

function setStage(seed: number, isTold: boolean): Stage {
  forgetSignatures();
  const kernel = makeKernel(seed, settled);
  const story: string[] = [];
  const say = (sentence: () => string): void => {
    if (isTold) story.push(`${(kernel.now() / 1_000).toFixed(3).padStart(8)} s  ${sentence()}`);
  };
  const config = drawConfig(kernel.chance("config"));
  const swarm = drawSwarm(kernel.chance("swarm"));
  const now = (): number => kernel.now();
  const tallies = makeTallies(now, say);
  const network = makeNetwork(kernel, delayOf);
  const world: World = {
    kernel,
    network,
    config,
    keyring: makeKeyring(keysetOf(config)),
    swarm,
    checks: makeChecks({ tallies, now, swarm, config }),
    say,
    truth: new Map(),
    ownTraffic: new Map(),
    older: new Set(),
    isHealing: false,
    edge: () => undefined,
  };
  say(() => `seed ${seed}: ${config.services.length} services, faults: ${[...swarm].join(", ") || "none"}`);
  drawVersions(world);
  const cast = castAll(world);
  const schedule = makeSchedule(world);
  crashAtEdges(world, cast);
  const cut = makeCuts(world);
  siteFaults(world, schedule, cast.nodes);
  networkFaults(world, schedule, cut);
  processFaults(world, schedule, cast);
  siteLoss(world, schedule, { ...cast, cut });
  databaseFaults(world, schedule, cast);
  diskFaults(world, schedule, cast);
  const operator = makeOperator(world, cast.arbiters);
  if (swarm.has("operator")) operator.start();
  if (swarm.has("config-change")) operator.startConfiguring();
  startForgers(world, cast);
  startReplays(world, cast.agents);
  for (const place of clientPlaces) startResolver(world, place, cast.nodes);
  const chaosMs = draw.between(kernel.chance("length"), 40_000, 110_000);
  return { world, story, chaosMs, schedule, cast, arbiters: cast.arbiters, operator };
}

const delayOf = (from: string, to: string): number => {
  if (from === to || (from === databasePlace && to === "site-w") || (to === databasePlace && from === "site-w"))
    return 0.3;
  return 8;
};

function castAll(
  world: World,
): Cast & { readonly arbiters: readonly SimArbiter[]; readonly agents: readonly SimAgent[] } {
  const { config } = world;
  const clocks = drawClocks(world);
  const database = makeDatabase(world);
  const nodes: SimNode[] = [];
  const arbiters: SimArbiter[] = [];
  const agents: SimAgent[] = [];
  const peers = () => [...arbiters, ...nodes];
  for (const entry of config.arbiters) {
    const arbiter = (name: string) => arbiters.find(({ process }) => process.name === name);
    arbiters.push(makeSimArbiter(world, { entry, database, peers, arbiter, ...clocks() }));
  }
  for (const entry of config.agents)
    agents.push(makeSimAgent(world, { entry, arbiters, agents: () => agents, ...clocks() }));
  for (const { name, site } of config.nameservers)
    nodes.push(
      makeSimNode(world, {
        name,
        site,
        kind: "nameserver",
        arbiters,
        peers: peersOf(nodes, "nameserver"),
        compile: compileZone,
        ...clocks(),
      }),
    );
  for (const { name, site } of config.gateways) {
    const compile = (snapshot: Parameters<typeof compileRoutes>[0]) => compileRoutes(snapshot, { site, hash });
    nodes.push(
      makeSimNode(world, {
        name,
        site,
        kind: "gateway",
        arbiters,
        peers: peersOf(nodes, "gateway"),
        compile,
        ...clocks(),
      }),
    );
  }
  for (const actor of [...arbiters, ...agents, ...nodes]) actor.start();
  return { arbiters, agents, nodes, database };
}

const peersOf = (nodes: readonly SimNode[], kind: SimNode["kind"]) => () => nodes.filter((node) => node.kind === kind);

/** As good as any for a table that no request is looked up in. */
const hash = (text: string, seed: number): number => {
  let value = seed | 0;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
};

function drawClocks(world: World): () => { readonly rate: number; readonly wallErrorMs: number } {
  const chance = world.kernel.chance("clocks");
  return () => {
    const [rate, error] = [draw.between(chance, 0.97, 1.03), draw.between(chance, -3_600_000, 3_600_000)];
    return {
      rate: world.swarm.has("clock-rate") ? rate : 1,
      wallErrorMs: world.swarm.has("wall-skew") ? error : draw.between(chance, -50, 50),
    };
  };
}

/** Where the swarm has crashes, some effects are the last thing that a process does in its life. */
function crashAtEdges(world: World, cast: Cast): void {
  if (!world.swarm.has("crash")) return;
  const chance = world.kernel.chance("edges");
  const actors = [...cast.arbiters, ...cast.nodes];
  Object.assign(world, {
    edge(of: (typeof actors)[number]["process"], effect: string) {
      if (world.isHealing || !of.isUp() || !draw.isTrue(chance, 0.03)) return;
      const actor = actors.find(({ process: own }) => own === of);
      if (!actor) return;
      world.say(() => `${of.name} dies ${effect}`);
      world.checks.sometimes(`a crash ${effect}`);
      world.checks.tallies.exercise("I20");
      const heal = crash(world, actor);
      world.kernel.after(draw.between(chance, 200, 6_000), "restart", () => heal?.());
    },
  });
}
