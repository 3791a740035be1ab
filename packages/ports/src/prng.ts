/** Seeded chance. Same seed, same numbers. */
export interface Prng {
  /** Uniform in [0, 1). */
  next(): number;
}
