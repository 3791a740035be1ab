import { resolve } from "node:path";
import type { Fault } from "../fault.ts";
import type { Scene } from "../scene.ts";

const minutesMs = 600_000;
const wrong = [
  ["arbiter-b", minutesMs],
  ["agent-b", -minutesMs],
  ["ns-b.llm.example", -minutesMs],
] as const;

const skewed = (ms: number): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${resolve(import.meta.dirname, "../net/skew.ts")}`,
  SLUICE_SKEW_MS: String(ms),
});

async function restart(scene: Scene, name: string, env: NodeJS.ProcessEnv): Promise<void> {
  scene.dress(name, env);
  scene.kill(name);
  await scene.bringBack(name);
}

export const clocksWrong: Fault = {
  id: "F21",
  about: "Wall clocks are wrong by ten minutes: an arbiter's, an agent's, a nameserver's",
  how: "started anew with a clock that is off, one ahead and two behind",
  expect: { kind: "stays", forMs: 12_000 },
  whyWrong: async (scene) => {
    const { vantages } = await scene.status();
    const stale = vantages.find(({ isFresh }) => !isFresh);
    return stale && `${stale.agent} is not heard: ${stale.because}`;
  },
  inject: async (scene) => {
    for (const [name, ms] of wrong) await restart(scene, name, skewed(ms));
  },
  heal: async (scene) => {
    for (const [name] of wrong) await restart(scene, name, {});
  },
};
