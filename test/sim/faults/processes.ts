import type { SimAgent } from "../actors/agent.ts";
import type { SimDatabase } from "../actors/database.ts";
import { databasePlace } from "../actors/database.ts";
import type { SimNode } from "../actors/node.ts";
import { draw } from "../scenario/draw.ts";
import type { Actor, World } from "../world.ts";
import { type Cut, clientPlaces } from "./network.ts";
import type { Heal, Schedule } from "./schedule.ts";
import { servedSite, setSite } from "./sites.ts";

export type Cast = {
  readonly arbiters: readonly Actor[];
  readonly agents: readonly SimAgent[];
  readonly nodes: readonly SimNode[];
  readonly database: SimDatabase;
};

/** Crashes, pauses, clocks, whole sites, and agents that can't be trusted. */
export function processFaults(world: World, schedule: Schedule, cast: Cast): void {
  const all: readonly Actor[] = [...cast.arbiters, ...cast.agents, ...cast.nodes];
  schedule.repeat("crash", { meanMs: 15_000, lastsMs: 6_000 }, (chance) => crash(world, draw.one(chance, all)));
  schedule.repeat("pause", { meanMs: 20_000, lastsMs: 1 }, (chance) => {
    const { process } = draw.isTrue(chance, 0.5) ? draw.one(chance, cast.arbiters) : draw.one(chance, all);
    const ms = draw.one(chance, [500, 3_000, 9_000, 15_000]);
    process.pause(ms);
    world.say(() => `${process.name} stands still for ${ms} ms`);
    return undefined;
  });
  schedule.repeat("suspend", { meanMs: 35_000, lastsMs: 1 }, (chance) => {
    const { process } = draw.one(chance, [...cast.arbiters, ...cast.nodes]);
    const ms = draw.one(chance, [5_000, 12_000, 30_000]);
    process.pause(ms, true);
    world.say(() => `the machine of ${process.name} is suspended for ${ms} ms`);
    return undefined;
  });
  schedule.repeat("wall-step", { meanMs: 25_000, lastsMs: 1 }, (chance) => {
    const { process } = draw.one(chance, all);
    const ms = draw.one(chance, [-3_600_000, -60_000, -4_000, 4_000, 60_000, 3_600_000]);
    process.stepWall(ms);
    world.say(() => `the wall clock of ${process.name} is set by ${ms} ms`);
    return undefined;
  });
  schedule.repeat("slow-agent", { meanMs: 12_000, lastsMs: 1 }, (chance) => {
    const { process } = draw.one(chance, cast.agents);
    const ms = draw.between(chance, 300, 5_000);
    process.pause(ms);
    world.say(() => `${process.name} is starved for ${Math.round(ms)} ms`);
    return undefined;
  });
  schedule.repeat("byzantine", { meanMs: 30_000, lastsMs: 40_000 }, (chance) => {
    // One domain, and always the same: of three, one may lie.
    const agent = cast.agents[0];
    const how = draw.one(chance, ["down", "healthy", "flip"] as const);
    agent?.lie(how);
    world.say(() => `${agent?.process.name} lies: ${how}`);
    return () => agent?.lie(undefined);
  });
}

export function crash(world: World, actor: Actor): Heal {
  const { process } = actor;
  if (!process.isUp()) return undefined;
  process.crash();
  world.say(() => `${process.name} dies`);
  return () => {
    if (process.isUp()) return;
    actor.start();
    world.say(() => `${process.name} starts`);
  };
}

/** A place with all that is in it: its processes, its pools, its network. */
export function siteLoss(world: World, schedule: Schedule, of: Cast & { readonly cut: Cut }): void {
  const all: readonly Actor[] = [...of.arbiters, ...of.agents, ...of.nodes];
  schedule.repeat("site-lost", { meanMs: 60_000, lastsMs: 30_000 }, (chance) => {
    const site = draw.one(chance, world.config.sites).name;
    const isPowerGone = draw.isTrue(chance, 0.5);
    const others = [...world.config.sites.map(({ name }) => name), databasePlace, ...clientPlaces].filter(
      (place) => place !== site && (place !== databasePlace || site !== "site-w"),
    );
    const heals: Heal[] = [of.cut(others.flatMap((place) => [[site, place] as const, [place, site] as const]))];
    world.say(() => `${site} is lost${isPowerGone ? ": the power is gone" : ": nothing reaches it"}`);
    if (isPowerGone) {
      heals.push(setSite(world, site, "silent"));
      for (const actor of all) if (actor.process.site === site) heals.push(crash(world, actor));
    }
    return () => {
      world.say(() => `${site} is back`);
      for (const heal of heals) heal?.();
    };
  });
}

export function databaseFaults(world: World, schedule: Schedule, { database, nodes }: Cast): void {
  const { process } = database;
  schedule.repeat("db-down", { meanMs: 45_000, lastsMs: 15_000 }, () => {
    process.pause(20_000);
    world.say(() => "the database hangs");
    return undefined;
  });
  const failOver = (chance: Parameters<typeof draw.between>[0], lagMs: number): Heal => {
    const goneMs = draw.between(chance, 2_000, 12_000);
    if (process.isUp()) process.crash();
    world.say(
      () =>
        `the database's primary dies; a standby ${lagMs === 0 ? "that has everything" : `that lags ${Math.round(lagMs)} ms`} takes over in ${Math.round(goneMs)} ms`,
    );
    world.kernel.after(goneMs, "db failover", () => {
      if (process.isUp()) return;
      database.failOver(lagMs);
      process.start();
      world.say(() => "the standby is the primary");
    });
    return undefined;
  };
  schedule.repeat("db-slow", { meanMs: 40_000, lastsMs: 12_000 }, (chance) => {
    const byMs = draw.between(chance, 200, 1_300);
    const links = world.config.sites.map(({ name }) => world.network.link(databasePlace, name));
    for (const link of links) link.delayMs += byMs;
    world.say(() => `the database takes ${Math.round(byMs)} ms longer for each answer`);
    return () => {
      for (const link of links) link.delayMs -= byMs;
      world.say(() => "the database is as fast as before");
      if (world.isHealing || draw.isTrue(chance, 0.4)) return;
      // What made it slow takes it away, and perhaps the site that is served with it: at once, or when the leader's time runs out.
      process.pause(15_000);
      world.say(() => "the database hangs");
      if (draw.isTrue(chance, 0.2)) return;
      const waitMs = draw.isTrue(chance, 0.2) ? 0 : draw.between(chance, 2_000, 7_500);
      world.kernel.after(waitMs, "fault db-slow", () => {
        if (world.isHealing) return;
        const site = servedSite(world, nodes);
        if (site === undefined) return;
        const revive = setSite(world, site, "refusing");
        world.kernel.after(20_000, "site is up", revive);
      });
    };
  });
  lostTogether(world, schedule, database);
  schedule.repeat("db-failover", { meanMs: 45_000, lastsMs: 1 }, (chance) => failOver(chance, 0));
  schedule.repeat("db-lost-suffix", { meanMs: 40_000, lastsMs: 1 }, (chance) =>
    failOver(chance, draw.between(chance, 100, 6_000)),
  );
  if (world.swarm.has("db-lost-suffix")) {
    // The commits that hurt most are those that everybody has heard of already.
    const chance = world.kernel.chance("lost commits");
    database.onCommit = () => {
      if (world.isHealing || !draw.isTrue(chance, 0.12)) return;
      const waitMs = draw.between(chance, 50, 2_500);
      world.kernel.after(
        waitMs,
        "fault db-lost-suffix",
        () => void failOver(chance, waitMs + draw.between(chance, 1, 2_000)),
      );
    };
  }
  schedule.repeat("db-clock", { meanMs: 45_000, lastsMs: 1 }, (chance) => {
    const ms = draw.one(chance, [-3_600_000, -30_000, 5_000, 30_000]);
    process.stepWall(ms);
    world.say(() => `the database's clock is set by ${ms} ms`);
    return undefined;
  });
}

/** The database, and the site that would have to be left. It comes back as it was, or older. */
function lostTogether(world: World, schedule: Schedule, database: SimDatabase): void {
  const { process } = database;
  schedule.repeat("db-with-site", { meanMs: 50_000, lastsMs: 1 }, (chance) => {
    if (!process.isUp()) return undefined;
    const site = draw.one(chance, ["site-a", "site-a", "site-b"]);
    const goneMs = draw.between(chance, 12_000, 45_000);
    const lagMs = draw.isTrue(chance, 0.4) ? draw.between(chance, 1, 4_000) : 0;
    const isEmpty = draw.isTrue(chance, 0.2);
    process.crash();
    const revive = setSite(world, site, draw.one(chance, ["silent", "refusing"]));
    world.say(() => `the database is gone, together with ${site}, for ${Math.round(goneMs)} ms`);
    const goneAt = world.kernel.now();
    // What is mended at the end must be whole from then on: by itself it may outlast all the time that there is to recover.
    schedule.endLater(() => {
      revive();
      if (process.isUp()) return;
      if (isEmpty) database.wipe();
      else if (lagMs > 0) database.failOver(world.kernel.now() - goneAt + lagMs);
      process.start();
      const how = isEmpty ? ", and empty" : lagMs > 0 ? `, without its last ${Math.round(lagMs)} ms` : "";
      world.say(() => `the database is back${how}`);
      if (isEmpty) world.checks.sometimes("the database came back empty");
    }, goneMs);
    return undefined;
  });
}

export function diskFaults(world: World, schedule: Schedule, { nodes }: Cast): void {
  schedule.repeat("disk-full", { meanMs: 30_000, lastsMs: 15_000 }, (chance) => {
    const { disk, process } = draw.one(chance, nodes);
    disk.isFull = true;
    world.say(() => `the disk of ${process.name} is full`);
    return () => {
      disk.isFull = false;
    };
  });
  schedule.repeat("disk-damaged", { meanMs: 40_000, lastsMs: 4_000 }, (chance) => {
    const node = draw.one(chance, nodes);
    const { disk, process } = node;
    if (disk.text === undefined || !process.isUp()) return undefined;
    process.crash();
    const at = Math.floor(draw.between(chance, 0, disk.text.length));
    disk.text = draw.isTrue(chance, 0.5)
      ? disk.text.slice(0, at)
      : `${disk.text.slice(0, at)}#${disk.text.slice(at + 1)}`;
    world.checks.damaged(process.name);
    world.say(() => `${process.name} dies, and its disk is damaged`);
    return () => {
      if (!process.isUp()) node.start();
    };
  });
}
