import { after, describe, type TestContext, test } from "node:test";
import type { Capability, PlaneKind } from "./plane.ts";
import { planes } from "./planes/planes.ts";
import { openScene, type Scene, type SceneShape } from "./scene.ts";

export type Needs = readonly Capability[];

/** Registers one scenario: its name begins with its number in the specification. */
export type Register = (name: string, needs: Needs, play: (scene: Scene, t: TestContext) => Promise<void>) => void;

/**
 * Plays scenarios on every plane there is, one after the other on one scene a plane; before each, all backends are well and
 * remember nothing. What a plane lacks isn't played there; the plane itself says what that is, and why (`lacks`).
 */
export function onEachPlane(shape: SceneShape, define: (scenario: Register) => void): void {
  for (const kind of planes()) {
    describe(`on ${kind.name}`, () => {
      let scene: Promise<Scene> | undefined;
      after(async () => {
        const opened = await scene?.catch(() => undefined);
        await opened?.[Symbol.asyncDispose]();
      });
      define((name, needs, play) => {
        if (lacks(kind, needs)) return;
        if (kind.missing !== undefined) return void test(name, { skip: kind.missing });
        return void test(name, async (t) => {
          // Opened by the first scenario that is played: a plane that lacks them all is never started.
          scene ??= openScene(kind, shape);
          const on = await scene;
          await on.pools.reset();
          await play(on, t);
        });
      });
    });
  }
}

/** Like `onEachPlane`, with a scene of its own for a scenario that leaves it in no state for another. */
export function onItsOwn(
  shape: SceneShape,
  [name, needs]: readonly [name: string, needs: Needs],
  play: (scene: Scene, t: TestContext) => Promise<void>,
): void {
  for (const kind of planes()) {
    if (lacks(kind, needs)) continue;
    test(`${name}, on ${kind.name}`, { skip: kind.missing ?? false }, async (t) => {
      await using scene = await openScene(kind, shape);
      await play(scene, t);
    });
  }
}

const lacks = (kind: PlaneKind, needs: Needs): boolean => needs.some((need) => kind.lacks[need] !== undefined);
