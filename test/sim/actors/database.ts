import { type Decision, SluiceError } from "@sluice/core";
import type { Acquired, Commit, Lease, Prng, Store } from "@sluice/ports";
import { type MemoryDatabase, makeMemoryDatabase, makeProcess, type SimulatedProcess } from "@sluice/testkit";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";

/** The database as its clients meet it: over a network, with commits whose outcome nobody learns, and failovers. */
export interface SimDatabase {
  readonly process: SimulatedProcess;
  open(client: SimulatedProcess): { readonly store: Store; readonly lease: Lease };
  /** A standby takes over. `lagMs` ago it heard from the primary for the last time: what came since is lost. */
  failOver(lagMs: number): void;
  /** All that it had is lost. */
  wipe(): void;
  holder: MemoryDatabase["holder"];
  /** Called after each commit, when it is in and perhaps nobody has heard of it yet. */
  onCommit: () => void;
  /** Everything it has. */
  decisions(): Promise<readonly Decision[]>;
}

/** Where the database stands on the network: cut off by itself, or with the witness, where its machine is. */
export const databasePlace = "db";
const statementMs = 1_500;
const keptEveryMs = 500;
const keptMax = 20;

type Kept = { readonly at: number; readonly restore: () => void };

export function makeDatabase(world: World): SimDatabase {
  const { kernel } = world;
  const process = makeProcess(kernel, { name: "database", site: databasePlace });
  const memory = makeMemoryDatabase(process.clock);
  const chance = kernel.chance("database");
  const kept: Kept[] = [];
  const restoreEmpty = memory.keep();
  process.start();
  if (world.swarm.has("db-lost-suffix") || world.swarm.has("db-with-site")) keepOn();

  function keepOn(): void {
    if (process.isUp()) kept.push({ at: kernel.now(), restore: memory.keep() });
    if (kept.length > keptMax) kept.shift();
    kernel.after(keptEveryMs, "db keeps", keepOn);
  }

  const database: SimDatabase = {
    process,
    onCommit: () => undefined,
    holder: () => memory.holder(),
    decisions: () => memory.open().store.decisions(1_000),
    open: (client) => openFor({ world, process, memory, client, chance, onCommit: () => database.onCommit() }),
    failOver(lagMs) {
      const standby = kept.findLast((entry) => entry.at <= kernel.now() - lagMs);
      if (lagMs === 0 || !standby) return;
      standby.restore();
      world.checks.lostSuffix();
    },
    wipe() {
      restoreEmpty();
      world.checks.lostSuffix();
    },
  };
  return database;
}

type Door = {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly memory: MemoryDatabase;
  readonly client: SimulatedProcess;
  readonly chance: Prng;
  readonly onCommit: () => void;
};

function openFor(door: Door): { readonly store: Store; readonly lease: Lease } {
  const { world, memory, client, chance } = door;
  const { store, lease } = memory.open();
  const { checks } = world;
  const isUnlucky = (fault: "db-unknown-commit" | "db-serialization"): boolean =>
    world.swarm.has(fault) && !world.isHealing && draw.isTrue(chance, 0.15);

  async function commit(what: Commit) {
    checks.committing(client, what);
    world.edge(client, "before a commit");
    checks.sent(client, what.id);
    const result = await ask(door, "commit", async () => {
      if (isUnlucky("db-serialization")) throw new Error("40001");
      const taken = await store.commit(what);
      if (taken.kind === "committed") {
        checks.committed(what, memory.holder());
        door.onCommit();
      }
      if (taken.kind === "fenced") checks.sometimes("a stale leader's commit was refused");
      if (!isUnlucky("db-unknown-commit")) return taken;
      checks.sometimes("a commit's outcome was lost");
      throw new Error("the connection is gone");
    });
    checks.readBack(client, what.id);
    world.edge(client, "after a commit");
    return result;
  }

  return {
    store: {
      migrate: () => Promise.resolve(),
      load: () => ask(door, "load", () => store.load()),
      head: () => ask(door, "head", () => store.head()),
      commit,
      async committed(id) {
        const isIn = await ask(door, "read back", () => store.committed(id));
        checks.readBack(client, id);
        return isIn;
      },
      append: (page) => {
        for (const { event } of page.entries) checks.told(event);
        return ask(door, "append", () => store.append(page));
      },
      events: (after, limit) => ask(door, "events", () => store.events(after, limit)),
      decisions: (limit) => ask(door, "decisions", () => store.decisions(limit)),
      close: () => Promise.resolve(),
    },
    lease: openLease(door, lease),
  };
}

function openLease(door: Door, lease: Lease): Lease {
  const { checks } = door.world;
  const { client } = door;
  const acquiring = async (what: string, act: () => Promise<Acquired>): Promise<Acquired> => {
    checks.acquiring(client);
    const sentAt = checks.leaseAsked(client);
    const taken = await ask(door, what, async () => {
      const answer = await act();
      if (answer.kind === "acquired") checks.acquired(client.name, answer.epoch);
      return answer;
    });
    if (taken.kind === "acquired") checks.leaseHeld(client, sentAt);
    return taken;
  };

  return {
    read: () => ask(door, "lease read", () => lease.read()),
    acquire: (holder, ttlMs) => acquiring("acquire", () => lease.acquire(holder, ttlMs)),
    seize: (row, holder, ttlMs) => acquiring("seize", () => lease.seize(row, holder, ttlMs)),
    raise: (held, above) =>
      ask(door, "raise", async () => {
        const answer = await lease.raise(held, above);
        if (answer.kind === "acquired") checks.acquired(client.name, answer.epoch);
        return answer;
      }),
    async renew(held, ttlMs) {
      const sentAt = checks.leaseAsked(client);
      const renewed = await ask(door, "renew", () => lease.renew(held, ttlMs));
      if (renewed.kind === "renewed") checks.leaseHeld(client, sentAt);
      return renewed;
    },
    release: (held) => ask(door, "release", () => lease.release(held)),
  };
}

async function ask<T>({ world, process, client }: Door, what: string, serve: () => Promise<T>): Promise<T> {
  const answer = await world.network.call({
    from: client,
    to: process,
    what: `${client.name} ${what}`,
    timeoutMs: statementMs,
    isOnce: true,
    serve,
  });
  if (answer.kind === "answer") return answer.value;
  throw new SluiceError("STORE_UNAVAILABLE", `the database did not answer: ${what}`, { transient: true });
}
