/** Something that may have been still for too long. */
export interface Swept {
  /** `nowMs` as in `Sweep.nowMs`. */
  sweep(nowMs: number): void;
}

/**
 * One timer for all connections, in place of one for each that is set anew with each byte. Its time is a coarse one: it is read when
 * the timer fires, and whoever dates something by it dates it up to a period too early.
 */
export class Sweep {
  readonly periodMs: number;
  #nowMs = 0;
  readonly #members = new Set<Swept>();
  #timer: NodeJS.Timeout | undefined;

  /** The period is a second, or a quarter of the shortest time that is measured by it. */
  constructor(shortestMs: number) {
    this.periodMs = Math.min(1_000, Math.max(10, shortestMs / 4));
  }

  /** Unit: milliseconds, monotonic. While the timer rests, which it does without members, nothing keeps it up to date. */
  get nowMs(): number {
    return this.#timer === undefined ? performance.now() : this.#nowMs;
  }

  add(member: Swept): void {
    this.#members.add(member);
    if (this.#timer !== undefined) return;
    this.#nowMs = performance.now();
    this.#timer = setInterval(() => this.#run(), this.periodMs);
    this.#timer.unref();
  }

  delete(member: Swept): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    this.#nowMs = performance.now();
    for (const member of this.#members) member.sweep(this.#nowMs);
  }
}
