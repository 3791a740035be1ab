import { configuredTargets, targetKey } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import type { SimNode } from "../actors/node.ts";
import { draw } from "../scenario/draw.ts";
import type { Mode, World } from "../world.ts";
import type { Heal, Schedule } from "./schedule.ts";

/** What really happens to sites and pools. */
export function siteFaults(world: World, schedule: Schedule, nodes: readonly SimNode[]): void {
  const timing = { meanMs: 40_000, lastsMs: 25_000 };
  schedule.repeat("app-dead", timing, (chance) => strike(world, chance, "refusing"));
  // Trouble that follows the traffic: the brakes are for this.
  schedule.repeat("gray-chase", { meanMs: 12_000, lastsMs: 7_000 }, () => {
    const site = servedSite(world, nodes);
    return site === undefined ? undefined : setSite(world, site, "gray");
  });
  schedule.repeat("own-traffic", { meanMs: 15_000, lastsMs: 12_000 }, (chance) => trip(world, chance));
  schedule.repeat("app-silent", timing, (chance) => strike(world, chance, "silent"));
  schedule.repeat("app-gray", { meanMs: 18_000, lastsMs: 15_000 }, (chance) => strike(world, chance, "gray"));
}

/** Where the first service is, as far as a nameserver knows. */
export function servedSite(world: World, nodes: readonly SimNode[]): string | undefined {
  const [served] = nodes[0]?.snapshot()?.services ?? [];
  return world.config.sites.find(({ name }) => name === served?.choices[0]?.site)?.name;
}

/** A site as a whole, or one pool of it. */
function strike(world: World, chance: Prng, mode: Mode): Heal {
  const serving = world.config.sites.filter(({ role }) => role === "serving").map(({ name }) => name);
  const site = draw.one(chance, serving);
  if (draw.isTrue(chance, 0.7)) return setSite(world, site, mode);
  const pools = configuredTargets(world.config).filter((target) => target.kind === "pool" && target.site === site);
  if (pools.length === 0) return undefined;
  const key = targetKey(draw.one(chance, pools));
  world.truth.set(key, mode);
  world.say(() => `${key} is ${mode} from now on`);
  return () => {
    world.truth.delete(key);
    world.say(() => `${key} is up again`);
  };
}

/** A site's own gateways send the users of a pool elsewhere, whatever looks say of it. */
function trip(world: World, chance: Prng): Heal {
  const sites = world.config.gateways.map(({ site }) => site);
  const pools = configuredTargets(world.config).filter(
    (target) => target.kind === "pool" && sites.includes(target.site),
  );
  if (pools.length === 0) return undefined;
  const key = targetKey(draw.one(chance, pools));
  world.ownTraffic.set(key, "tripped");
  world.say(() => `${key} trips at its own gateways`);
  return () => {
    world.ownTraffic.delete(key);
    world.say(() => `${key} is well again to its own gateways`);
  };
}

/** Everything of a site that clients and agents meet. Answers how to undo it. */
export function setSite(world: World, site: string, mode: Mode): () => void {
  const keys = configuredTargets(world.config)
    .filter((target) => target.site === site)
    .map(targetKey);
  for (const key of keys) world.truth.set(key, mode);
  world.say(() => `all that serves in ${site} is ${mode} from now on`);
  return () => {
    for (const key of keys) world.truth.delete(key);
    world.say(() => `all that serves in ${site} is up again`);
  };
}
