import type { Prng } from "@sluice/ports";

type State = [number, number, number, number];

/**
 * Seeded chance: xoshiro128** by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), 32 bits a draw. The seed
 * is spread over the state by splitmix32, so that seeds 1 and 2 have nothing in common and no state is all zero.
 */
export function makePrng(seed: number): Prng {
  const state = spread(seed);
  return { next: () => draw(state) / 2 ** 32 };
}

/** One step of xoshiro128**: an unsigned 32-bit number; the state goes on. */
export function draw(state: State): number {
  const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
  const shifted = state[1] << 9;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = rotate(state[3], 11);
  return result;
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function spread(seed: number): State {
  let counter = seed | 0;
  const next = (): number => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = counter ^ (counter >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [next(), next(), next(), next()];
}
