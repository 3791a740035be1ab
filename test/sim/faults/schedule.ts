import type { Prng } from "@sluice/ports";
import { draw } from "../scenario/draw.ts";
import type { FaultKind } from "../scenario/swarm.ts";
import type { World } from "../world.ts";

/** Undoes a fault. Undefined: it passes by itself. */
export type Heal = (() => void) | undefined;

/** Brings faults about again and again while the swarm has their kind, and ends them all when healing begins. */
export interface Schedule {
  /** About every `meanMs`, for `lastsMs` on the average. */
  repeat(
    kind: FaultKind,
    timing: { readonly meanMs: number; readonly lastsMs: number },
    begin: (chance: Prng) => Heal,
  ): void;
  /** Undoes a fault after that time, or as soon as healing begins. */
  endLater(heal: Heal, lastsMs: number): void;
  healAll(): void;
}

export function makeSchedule(world: World): Schedule {
  const active = new Set<() => void>();
  function endLater(heal: Heal, lastsMs: number): void {
    if (!heal) return;
    const end = (): void => {
      if (active.delete(end)) heal();
    };
    active.add(end);
    world.kernel.after(lastsMs, "fault ends", end);
  }
  return {
    repeat(kind, { meanMs, lastsMs }, begin) {
      if (!world.swarm.has(kind)) return;
      const chance = world.kernel.chance(`fault ${kind}`);
      const next = (): void =>
        world.kernel.after(draw.wait(chance, meanMs), `fault ${kind}`, () => {
          if (world.isHealing) return;
          world.checks.sometimes(`fault: ${kind}`);
          endLater(begin(chance), Math.min(draw.wait(chance, lastsMs) + 500, lastsMs * 3));
          next();
        });
      next();
    },
    endLater,
    healAll() {
      for (const end of active) end();
    },
  };
}
