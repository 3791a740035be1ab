import type { Prng } from "@sluice/ports";
import { makePrng } from "./prng.ts";

/**
 * A discrete-event simulation: events in the order of their time, and of their planning where that is equal. Everything that
 * happens comes from here, so one seed has one history, and `hash` tells two histories apart.
 */
export interface Kernel {
  /** True time, which nobody in the simulation can see. Unit: milliseconds. */
  now(): number;
  /** Plans an event. `what` names it for the hash and for whoever reads a trace. */
  after(delayMs: number, what: string, happen: () => void): void;
  /** Runs until that time; promises that an event has settled are followed to their end before the next. */
  run(untilMs: number): Promise<void>;
  /** One stream of chance for each subject, so that what one does leaves what the others draw alone. */
  chance(subject: string): Prng;
  /** Mixes something that was observed into the hash. */
  note(what: string): void;
  hash(): string;
  /** How many events there were. */
  count(): number;
}

type Planned = { readonly at: number; readonly order: number; readonly what: string; readonly happen: () => void };

/** `settled` resolves when no promise has anything left to do: in Node, a tick of `process.nextTick` from a microtask. */
export function makeKernel(seed: number, settled: () => Promise<void>): Kernel {
  const heap: Planned[] = [];
  let [now, order, count] = [0, 0, 0];
  let hash = 0x811c9dc5;
  const mix = (text: string): void => {
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  };
  return {
    now: () => now,
    after(delayMs, what, happen) {
      order += 1;
      push(heap, { at: now + Math.max(0, delayMs), order, what, happen });
    },
    async run(untilMs) {
      for (;;) {
        const first = heap[0];
        if (!first || first.at > untilMs) break;
        pop(heap);
        now = first.at;
        count += 1;
        mix(first.what);
        hash = Math.imul(hash ^ Math.floor(now * 8), 0x01000193);
        first.happen();
        await settled();
      }
      now = untilMs;
    },
    chance: (subject) => makePrng(seedFor(seed, subject)),
    note: mix,
    hash: () => (hash >>> 0).toString(16).padStart(8, "0"),
    count: () => count,
  };
}

/** FNV-1a over the subject, begun with the seed. */
function seedFor(seed: number, subject: string): number {
  let value = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (let index = 0; index < subject.length; index += 1)
    value = Math.imul(value ^ subject.charCodeAt(index), 0x01000193);
  return value;
}

const isBefore = (one: Planned, other: Planned): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

function push(heap: Planned[], entry: Planned): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Planned;
    if (!isBefore(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Planned[]): void {
  const last = heap.pop() as Planned;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Planned, heap[child] as Planned)) child += 1;
    if (!isBefore(heap[child] as Planned, last)) break;
    heap[at] = heap[child] as Planned;
    at = child;
  }
  heap[at] = last;
}
