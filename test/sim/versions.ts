import type { Report, Vote } from "@sluice/core";
import type { Keyring } from "@sluice/runtime";
import { draw } from "./scenario/draw.ts";
import type { World } from "./world.ts";

/*
 * Two versions side by side. The one before had no `traffic` in votes, the last that a signed message gained: its agents don't
 * say it, and its arbiters read over it, as a schema that lets unknown fields through does. Nothing else of them is older.
 */

/** In some seeds some agents and arbiters begin as the version before. */
export function drawVersions(world: World): void {
  if (!world.swarm.has("mixed-versions")) return;
  const chance = world.kernel.chance("versions");
  for (const { name } of [...world.config.agents, ...world.config.arbiters])
    if (draw.isTrue(chance, 0.5)) world.older.add(name);
  world.say(() => `of the version before: ${[...world.older].join(", ") || "nobody"}`);
}

/** A process that starts again may come back as the new version, as in a rolling upgrade; none goes back. */
export function mayUpgrade(world: World, name: string): void {
  if (!world.older.has(name) || !draw.isTrue(world.kernel.chance(`upgrade ${name} ${world.kernel.now()}`), 0.5)) return;
  world.older.delete(name);
  world.checks.sometimes("a process was upgraded at a restart");
  world.say(() => `${name} is upgraded`);
}

/** What an arbiter of the version before makes of envelopes. */
export function olderKeyring(keyring: Keyring): Keyring {
  return {
    ...keyring,
    open(kind, envelope, role) {
      const opened = keyring.open(kind, envelope, role);
      if (kind !== "report" || opened.kind !== "ok") return opened;
      const report = opened.value as Report;
      return { ...opened, value: { ...report, votes: report.votes.map(withoutTraffic) } };
    },
  };
}

const withoutTraffic = ({ traffic: _unheardOf, ...vote }: Vote): Vote => vote;

/** Who counted whose report, where that is news. */
export function noteVersions(world: World, arbiter: string, report: Report): void {
  if (world.older.size === 0) return;
  const [isOlderArbiter, isOlderAgent] = [world.older.has(arbiter), world.older.has(report.agent)];
  if (isOlderArbiter && report.votes.some(({ traffic }) => traffic))
    world.checks.sometimes("an older arbiter read over what a newer agent says");
  if (!isOlderArbiter && isOlderAgent) world.checks.sometimes("a newer arbiter counted an older agent's votes");
}
