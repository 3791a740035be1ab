import type { Prng } from "@sluice/ports";

/** Handy draws from one stream of chance. */
export const draw = {
  isTrue: (chance: Prng, share: number): boolean => chance.next() < share,
  between: (chance: Prng, low: number, high: number): number => low + chance.next() * (high - low),
  one<T>(chance: Prng, from: readonly T[]): T {
    const found = from[Math.floor(chance.next() * from.length)];
    if (found === undefined) throw new Error("nothing to draw from");
    return found;
  },
  /** Times between two of something that happens about every `meanMs`. */
  wait: (chance: Prng, meanMs: number): number => -Math.log(1 - chance.next() * 0.999) * meanMs,
};
