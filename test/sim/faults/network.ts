import type { Link } from "@sluice/testkit";
import { databasePlace } from "../actors/database.ts";
import { draw } from "../scenario/draw.ts";
import type { World } from "../world.ts";
import type { Heal, Schedule } from "./schedule.ts";

/** Cuts that may overlap: a link is whole again when the last of them ended. */
export function makeCuts(world: World) {
  const counts = new Map<Link, number>();
  const change = (link: Link, by: number): void => {
    const count = Math.max(0, (counts.get(link) ?? 0) + by);
    counts.set(link, count);
    link.isCut = count > 0;
  };
  return (pairs: readonly (readonly [string, string])[]): (() => void) => {
    const links = pairs.map(([from, to]) => world.network.link(from, to));
    for (const link of links) change(link, 1);
    return () => {
      for (const link of links) change(link, -1);
    };
  };
}

export type Cut = ReturnType<typeof makeCuts>;

export const clientPlaces = ["isp-1", "isp-2"];

/** Where messages come from and go to. */
const places = (world: World): readonly string[] => [
  ...world.config.sites.map(({ name }) => name),
  databasePlace,
  ...clientPlaces,
];

export function networkFaults(world: World, schedule: Schedule, cut: Cut): void {
  const all = places(world);
  const sites = world.config.sites.map(({ name }) => name);
  schedule.repeat("partition", { meanMs: 40_000, lastsMs: 20_000 }, (chance) => {
    const alone = draw.one(chance, sites);
    const others = all.filter((place) => place !== alone && (place !== databasePlace || alone !== "site-w"));
    const far = draw.isTrue(chance, 0.5) ? others : [draw.one(chance, others)];
    world.say(() => `${alone} and ${far.join(", ")} are cut off from each other`);
    return told(
      world,
      cut(far.flatMap((place) => [[alone, place] as const, [place, alone] as const])),
      `${alone} is connected again`,
    );
  });
  schedule.repeat("one-way-cut", { meanMs: 30_000, lastsMs: 20_000 }, (chance) => {
    const from = draw.one(chance, all);
    const to = draw.one(
      chance,
      all.filter((place) => place !== from),
    );
    world.say(() => `nothing gets from ${from} to ${to} any more`);
    return told(world, cut([[from, to]]), `${from} reaches ${to} again`);
  });
  const spoil = (kind: "lossy" | "held-up" | "duplicates", change: (link: Link, by: number) => void): void =>
    schedule.repeat(kind, { meanMs: 30_000, lastsMs: 25_000 }, (chance) => {
      const [from, to, by] = [draw.one(chance, all), draw.one(chance, all), draw.between(chance, 0.05, 0.5)];
      const link = world.network.link(from, to);
      change(link, by);
      world.say(() => `the way from ${from} to ${to} is ${kind}: ${Math.round(by * 100)} %`);
      return () => change(link, 0);
    });
  spoil("lossy", (link, by) => Object.assign(link, { loss: by }));
  spoil("held-up", (link, by) => Object.assign(link, { held: by }));
  spoil("duplicates", (link, by) => Object.assign(link, { duplicate: by }));
  schedule.repeat("db-cut-off", { meanMs: 30_000, lastsMs: 15_000 }, (chance) => {
    const site = draw.one(chance, ["site-w", "site-a", "site-b"]);
    const isOneWay = draw.isTrue(chance, 0.4);
    world.say(() => `${site} ${isOneWay ? "hears nothing from" : "can't reach"} the database`);
    const pairs: (readonly [string, string])[] = [[databasePlace, site]];
    return told(world, cut(isOneWay ? pairs : [...pairs, [site, databasePlace]]), `${site} reaches the database again`);
  });
  // One of the three reaches the database, and the two others are a majority.
  schedule.repeat("db-split", { meanMs: 45_000, lastsMs: 25_000 }, (chance) => {
    const one = draw.one(chance, ["site-w", "site-a", "site-b"]);
    const others = sites.filter((site) => site !== one);
    world.say(() => `only ${one} reaches the database`);
    const pairs = others.flatMap((site) => [[databasePlace, site] as const, [site, databasePlace] as const]);
    return told(world, cut(pairs), "everybody reaches the database again");
  });
}

function told(world: World, heal: () => void, sentence: string): Heal {
  return () => {
    heal();
    world.say(() => sentence);
  };
}
