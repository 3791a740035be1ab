import type { Prng } from "@sluice/ports";
import type { Eye } from "./eye.ts";
import { indexOfLeast } from "./least.ts";
import type { Series } from "./series.ts";

/** Every agent's looks at every target: a pair is one agent and one target. */
export interface Looks {
  /** The pair to which something happens next, and when. */
  nextPair(): number;
  nextAt(pair: number): number;
  /** A look begins or ends; true when the agent has something to report at once. */
  turn(pair: number, now: number): boolean;
  suspect(pair: number, now: number): void;
  count(): number;
  digest(): number;
}

type LooksOptions = {
  readonly eyes: readonly Eye[];
  readonly series: Series;
  readonly prng: Prng;
  readonly deadlineMs: number;
  /** The agent that sees everything fail, or -1. */
  readonly blind: number;
  readonly targets: number;
};

const never = Number.POSITIVE_INFINITY;
/** What answers at once does so within this. Unit: milliseconds. */
const promptMs = 2;

export function makeLooks(options: LooksOptions): Looks {
  const { eyes, series, prng, blind, targets } = options;
  // When each look that is under way ends. Prompt ends and late ones are each in order, since looks begin farther apart than
  // `promptMs`; there is at most one prompt one.
  const okAt = new Float64Array(eyes.length).fill(never);
  const failAt: number[][] = eyes.map(() => []);
  /** A timer fires a little late, each time a little else: so no two agents keep step for ever. Unit: milliseconds. */
  const lateness = new Float64Array(eyes.length);
  const eventAt = Float64Array.from(eyes, (eye) => eye.dueAt());
  // The first event of each agent and its pair, so that finding the first of all takes a look at each agent and not each pair.
  const firstAt = new Float64Array(eyes.length / targets);
  const firstPair = new Uint32Array(firstAt.length);
  for (let agent = 0; agent < firstAt.length; agent += 1) noteFirst(agent);
  let looks = 0;
  let digest = 0;

  function noteFirst(agent: number): void {
    const pair = indexOfLeast(eventAt, agent * targets, (agent + 1) * targets);
    firstPair[agent] = pair;
    firstAt[agent] = eventAt[pair] as number;
  }

  function plan(pair: number): void {
    const endAt = Math.min(okAt[pair] as number, failAt[pair]?.[0] ?? never);
    eventAt[pair] = Math.min(endAt, (eyes[pair] as Eye).dueAt() + (lateness[pair] as number));
    noteFirst(Math.floor(pair / targets));
  }

  /** One draw for all the chance in a look: the upper bits say whether it fails, the lower ones how late and how long it is. */
  function begin(pair: number, now: number): void {
    const bits = Math.floor(prng.next() * 2 ** 32);
    const isFailing = Math.floor(pair / targets) === blind || bits < series.failing * 2 ** 32;
    lateness[pair] = (bits & 0xff) / 256;
    const prompt = (((bits >>> 8) & 0xff) / 256) * promptMs;
    if (!isFailing) okAt[pair] = now + prompt;
    else failAt[pair]?.push(now + (series.failure === "silent" ? options.deadlineMs : prompt));
    (eyes[pair] as Eye).begin(now);
    looks += 1;
    digest = (Math.imul(digest, 31) + Math.floor(now * 1_000) + (isFailing ? 64 : 0) + pair) | 0;
  }

  function end(pair: number, isFailed: boolean): boolean {
    const eye = eyes[pair] as Eye;
    const [opinion, wasSuspect] = [eye.opinion(), eye.isSuspect()];
    eye.end(isFailed);
    return eye.opinion() !== opinion || (!wasSuspect && eye.isSuspect());
  }

  return {
    nextPair: () => firstPair[indexOfLeast(firstAt)] as number,
    nextAt: (pair) => eventAt[pair] as number,
    turn(pair, now) {
      let isNews = false;
      if (okAt[pair] === now) {
        okAt[pair] = never;
        isNews = end(pair, false);
      } else if (failAt[pair]?.[0] === now) {
        failAt[pair]?.shift();
        isNews = end(pair, true);
      } else begin(pair, now);
      plan(pair);
      return isNews;
    },
    suspect(pair, now) {
      (eyes[pair] as Eye).suspect(now);
      plan(pair);
    },
    count: () => looks,
    digest: () => digest,
  };
}
