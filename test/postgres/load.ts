import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { World } from "../scenarios/world/world.ts";

/** Operators who give orders all the time, and what became of each. */
export interface Load {
  /** The reasons of orders that were answered 200. */
  readonly done: ReadonlySet<string>;
  /** When the last of them was answered. Monotonic milliseconds. */
  doneAt(): number;
  /** The highest epoch of each look at the status, in the order of the looks. */
  readonly epochs: readonly number[];
  stop(): Promise<void>;
}

const everyMs = 50;

/** Freezes of a second each: an order that is committed as any other, and changes no answer. */
export function startLoad(world: World): Load {
  const done = new Set<string>();
  const epochs: number[] = [];
  const stop = new AbortController();
  let doneAt = performance.now();

  async function order(): Promise<void> {
    const reason = `load ${randomUUID()}`;
    const answer = await world.operate("POST", "/v1/overrides", { kind: "freeze", forMs: 1_000, reason });
    if (answer.status !== 200) return;
    done.add(reason);
    doneAt = performance.now();
  }

  async function run(turn: () => Promise<void>): Promise<void> {
    // What fails is asked again by the next; a time-out here is no failure of the load.
    for (; !stop.signal.aborted; await pause(everyMs)) await turn().catch(() => undefined);
  }

  const look = async (): Promise<void> => void epochs.push((await world.status()).epoch);
  const ended = Promise.all([run(order), run(order), run(look)]);
  return {
    done,
    epochs,
    doneAt: () => doneAt,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}
