import { epochMs, monoMs } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { Kernel } from "./kernel.ts";

/** One process on one machine: it can die and come back, stand still, or be suspended, and it has clocks of its own. */
export interface SimulatedProcess {
  readonly name: string;
  readonly site: string;
  readonly clock: Clock;
  isUp(): boolean;
  isPaused(): boolean;
  /** Does something later, if the process still lives then: what an earlier life planned is forgotten. */
  after(delayMs: number, what: string, happen: () => void): void;
  /** Something arrives now. A paused process takes it when it goes on. False when nobody is there. */
  receive(what: string, happen: () => void): boolean;
  /** A function for the end of something that begins now: it does nothing in a later life. */
  bound<T>(what: string, happen: (value: T) => void): (value: T) => void;
  /** Called when it goes on after it stood still, or when its wall clock was set: how a watch over the clocks finds out. */
  onGap(happen: () => void): void;
  start(): void;
  crash(): void;
  /** It stands still: its clocks go on, and what is due happens afterwards. `isSuspended`: the monotonic clock stood still too. */
  pause(ms: number, isSuspended?: boolean): void;
  /** The wall clock is set, either way. */
  stepWall(ms: number): void;
  /** How far the wall clock is from the true time. Unit: milliseconds. */
  wallError(): number;
}

/** A fixed date, so that two runs of one seed are alike. */
const startMs = 1_790_000_000_000;
const noticedWithinMs = 100;

export type ProcessOptions = {
  readonly name: string;
  readonly site: string;
  /** How fast its clocks go; 1 is true. */
  readonly rate?: number;
  readonly wallErrorMs?: number;
};

export function makeProcess(kernel: Kernel, options: ProcessOptions): SimulatedProcess {
  const { name, site, rate = 1 } = options;
  let [life, isUp, pausedUntil, suspendedMs] = [0, false, 0, 0];
  let wallError = options.wallErrorMs ?? 0;
  let noticeGap: () => void = () => undefined;
  const chance = kernel.chance(`${name} wakes`);
  const clock: Clock = {
    monotonicMs: () => monoMs(1_000_000 + kernel.now() * rate - suspendedMs),
    wallMs: () => epochMs(Math.floor(startMs + kernel.now() * rate + wallError)),
  };

  function whenAwake(born: number, what: string, happen: () => void): void {
    if (born !== life || !isUp) return;
    if (kernel.now() < pausedUntil) kernel.after(pausedUntil - kernel.now(), what, () => whenAwake(born, what, happen));
    else happen();
  }

  return {
    name,
    site,
    clock,
    isUp: () => isUp,
    isPaused: () => isUp && kernel.now() < pausedUntil,
    after(delayMs, what, happen) {
      const born = life;
      kernel.after(delayMs / rate, what, () => whenAwake(born, what, happen));
    },
    receive(what, happen) {
      whenAwake(life, what, happen);
      return isUp;
    },
    bound(what, happen) {
      const born = life;
      return (value) => whenAwake(born, what, () => happen(value));
    },
    onGap(happen) {
      noticeGap = happen;
    },
    start() {
      life += 1;
      isUp = true;
      pausedUntil = 0;
    },
    crash() {
      life += 1;
      isUp = false;
    },
    pause(ms, isSuspended = false) {
      const until = Math.max(pausedUntil, kernel.now() + ms);
      if (isSuspended) suspendedMs += (until - Math.max(pausedUntil, kernel.now())) * rate;
      pausedUntil = until;
      // What is due may come before the watch's own timer, or after it.
      const born = life;
      const lateMs = chance.next() * noticedWithinMs;
      kernel.after(until - kernel.now() + lateMs, `${name} wakes`, () => whenAwake(born, `${name} wakes`, noticeGap));
    },
    stepWall(ms) {
      wallError += ms;
      const born = life;
      kernel.after(chance.next() * noticedWithinMs, `${name} clock set`, () => whenAwake(born, "clock set", noticeGap));
    },
    wallError: () => wallError,
  };
}
