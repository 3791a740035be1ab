import { settledAt } from "@sluice/lab";
import { sleep } from "@sluice/runtime";
import type { Fault } from "../fault.ts";
import type { Scene } from "../scene.ts";

const isAt = (scene: Scene, site: string): boolean =>
  scene.observer.polled().every((poll) => settledAt(poll, site) !== undefined);

export const bothDownOneBack: Fault = {
  id: "F34",
  about: "A dies, then B too, and A comes back with B still down",
  how: "SIGKILL to the model servers, one site after the other",
  expect: { kind: "moves", to: "site-a", moves: 2 },
  inject: async (scene) => {
    scene.kill("site-a-stable-1", "site-a-canary-1");
    await scene.until("B serves", async () => isAt(scene, "site-b"));
    scene.kill("site-b-stable-1", "site-b-canary-1");
    await sleep(8_000, scene.signal);
    if (!isAt(scene, "site-b")) throw new Error("with both dead the last answer did not stay");
    // A comes back, straight from the fall: quarantined, and within the cool-down. From here the move is timed.
    await scene.bringBack("site-a-stable-1", "site-a-canary-1");
    return performance.now();
  },
  heal: (scene) => scene.bringBack("site-a-stable-1", "site-a-canary-1", "site-b-stable-1", "site-b-canary-1"),
};
