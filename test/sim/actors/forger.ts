import type { Envelope, Snapshot } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { orderOf } from "../checks/order.ts";
import { makeSigner } from "../keys.ts";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";
import type { SimAgent } from "./agent.ts";
import type { SimArbiter } from "./arbiter.ts";
import type { SimNode } from "./node.ts";

const everyMs = 9_000;

type Cast = { readonly nodes: readonly SimNode[]; readonly arbiters: readonly SimArbiter[] };

/** Somebody on the network who offers nodes what they must not take, and a leader's key in mad hands. */
export function startForgers(world: World, { nodes, arbiters }: Cast): void {
  const isForger = world.swarm.has("forger");
  const isMad = world.swarm.has("mad-leader");
  if (!isForger && !isMad) return;
  const chance = world.kernel.chance("forger");
  const past: Envelope[] = [];
  const next = (): void =>
    world.kernel.after(draw.wait(chance, everyMs), "forger", () => {
      const node = draw.one(chance, nodes);
      const envelope = node.holding();
      const snapshot = node.snapshot();
      // By another configuration anything may change, so on the way to one a mad leader's snapshot is none that must be refused.
      const isOnTheWay = arbiters.some(
        (arbiter) => arbiter.context().keeper.durable().configRevision !== snapshot?.configRevision,
      );
      if (envelope && snapshot && !isOnTheWay && node.process.isUp() && !node.process.isPaused()) {
        past.push(envelope);
        const older = past.filter((entry) => orderOf(bumped(entry, 0).fence, snapshot.fence) <= 0);
        const forged =
          isMad && (!isForger || draw.isTrue(chance, 0.5)) ? madden(chance, snapshot) : forge(chance, envelope, older);
        if (forged) void attack(world, node, forged);
      }
      next();
    });
  next();
}

type Attack = { readonly how: string; readonly value: unknown };

async function attack(world: World, node: SimNode, { how, value }: Attack): Promise<void> {
  world.say(() => `somebody offers ${node.process.name} a snapshot: ${how}`);
  const result = await node.offer(value);
  world.checks.attacked(node.process.name, how, result);
}

function forge(chance: Prng, envelope: Envelope, past: readonly Envelope[]): Attack {
  const at = Math.floor(chance.next() * envelope.payload.length);
  const flipped = `${envelope.payload.slice(0, at)}${envelope.payload[at] === "1" ? "2" : "1"}${envelope.payload.slice(at + 1)}`;
  switch (Math.floor(chance.next() * 4)) {
    case 0:
      return { how: "one character is another", value: { ...envelope, payload: flipped } };
    case 1:
      return { how: "signed by an agent", value: makeSigner("agent-site-a").sign("snapshot", bumped(envelope, 1)) };
    case 2:
      return { how: "an earlier one again", value: draw.one(chance, past) };
    default:
      return { how: "half of it", value: { ...envelope, payload: envelope.payload.slice(0, at + 1) } };
  }
}

const bumped = (envelope: Envelope, by: number): Snapshot => {
  const snapshot = JSON.parse(envelope.payload) as Snapshot;
  return { ...snapshot, fence: { ...snapshot.fence, sequence: snapshot.fence.sequence + by } };
};

/** Signed well, newer, and wrong. */
function madden(chance: Prng, snapshot: Snapshot): Attack | undefined {
  const fence = { ...snapshot.fence, sequence: snapshot.fence.sequence + 50 };
  const sign = (wrong: Partial<Snapshot>): unknown =>
    makeSigner("arbiter-site-w").sign("snapshot", { ...snapshot, fence, causes: [], past: [], ...wrong });
  const { services } = snapshot;
  switch (Math.floor(chance.next() * 4)) {
    case 0: {
      const emptied = services.map((service, index) => (index === 0 ? { ...service, choices: [] } : service));
      return { how: "empty: a service without an answer", value: sign({ services: emptied }) };
    }
    case 1:
      return { how: "empty: a service is gone", value: sign({ services: services.slice(1) }) };
    case 2: {
      if (services.length < 2) return undefined;
      const moved = services.map((service) => ({
        ...service,
        choices: service.choices.map((choice) => ({ ...choice, addresses: ["203.0.113.66"] })),
      }));
      return { how: "wild: every service is elsewhere", value: sign({ services: moved }) };
    }
    default:
      return { how: "an epoch far ahead", value: sign({ fence: { ...fence, epoch: fence.epoch + 5_000 } }) };
  }
}

/** Reports of a while ago, sent again. */
export function startReplays(world: World, agents: readonly SimAgent[]): void {
  if (!world.swarm.has("replay")) return;
  const chance = world.kernel.chance("replay");
  const next = (): void =>
    world.kernel.after(draw.wait(chance, 700), "replay", () => {
      const agent = draw.one(chance, agents);
      const recent = draw.isTrue(chance, 0.5) ? agent.sent.slice(-12) : agent.sent;
      if (recent.length > 0) {
        const { to, envelope, made } = draw.one(chance, recent);
        to.process.receive("replayed report", () => void to.take(envelope, made));
        world.checks.sometimes("a report was replayed");
      }
      next();
    });
  next();
}
