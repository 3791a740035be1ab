/** So much at once, and so much a second after that (a token bucket). Whoever needs more is ended. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#atMs = nowMs;
  }

  /** False: it is used up. `nowMs` may be coarse, and never goes back. */
  take(nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#atMs) / 1_000) * this.#perSecond);
      this.#atMs = nowMs;
    }
    this.#left -= 1;
    return this.#left >= 0;
  }

  give(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count);
  }
}
