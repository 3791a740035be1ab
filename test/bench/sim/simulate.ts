import { type Config, configuredTargets, type Decision, invariant, targetKey } from "@sluice/core";
import { makePrng } from "@sluice/testkit";
import { makeSimArbiter } from "./arbiter.ts";
import type { Eye, EyeAt } from "./eye.ts";
import { makeLooks } from "./looks.ts";
import { makeMail } from "./mail.ts";
import { makeReports } from "./reports.ts";
import type { Series } from "./series.ts";

export type SimOptions = {
  readonly config: Config;
  readonly series: Series;
  readonly seed: number;
  readonly hours: number;
  readonly makeEye: (at: EyeAt) => Eye;
  /** Leave no cycle of the arbiter out: 250 ms apart, whether anything changed or not. For the test of leaving them out. */
  readonly everyCycle?: boolean;
};

export type SimResult = {
  readonly moves: readonly Decision[];
  readonly looks: number;
  /** How often each agent turned to `down`, in the order of the configuration. A blind one does at once and for good. */
  readonly falseDowns: readonly number[];
  /** The place of the blind agent, or -1. */
  readonly blind: number;
  /** Of all looks, their beginnings and outcomes: two runs with the same digest saw the same. */
  readonly digest: number;
};

const hourMs = 3_600_000;
const cycleMs = 250;

/**
 * The lab's agents and its leading arbiter in virtual time. Real: the pace, the debouncing, the tally, the verdict and `step`.
 * Simulated: the looks, by chance; the network, in which a message takes milliseconds and none is lost, so votes are always
 * fresh; and the three arbiters, which are sent the same and so are one, but for passing on a suspicion each by itself.
 */
export function simulate(options: SimOptions): SimResult {
  const { config, series, hours, seed } = options;
  const { intervalMs, deadlineMs } = config.probes;
  const keys = configuredTargets(config).map(targetKey);
  const targets = keys.length;
  invariant(targets <= 32, "a target is a bit of a 32-bit word");
  const prng = makePrng(seed);
  const blind = series.hasBlindVantage ? seed % config.agents.length : -1;
  const startAt = Float64Array.from(config.agents, () => prng.next() * intervalMs);
  const eyes = config.agents.flatMap((_, agent) =>
    keys.map((key) => options.makeEye({ key, now: startAt[agent] ?? 0, settings: config.probes })),
  );
  const arbiter = makeSimArbiter(config, keys);
  const mail = makeMail();
  const looks = makeLooks({ eyes, series, prng, deadlineMs, blind, targets });
  const reports = makeReports({ eyes, startAt, targets, intervalMs, mail, arbiter });
  let cycleAt = 0;

  function report(agent: number, now: number): void {
    if (reports.tell(agent, now)) cycleAt = now;
  }

  function deliver(now: number): void {
    const { from, targets: meant } = mail.take();
    for (let pair = 0; pair < eyes.length; pair += 1) {
      const isMeant = ((meant >>> (pair % targets)) & 1) === 1;
      if (isMeant && Math.floor(pair / targets) !== from) looks.suspect(pair, now);
    }
  }

  function cycle(now: number): void {
    arbiter.cycle(now);
    cycleAt = options.everyCycle === true || arbiter.isRestless() ? now + cycleMs : Number.POSITIVE_INFINITY;
  }

  for (;;) {
    // Each event comes alone; of several at one moment, the arbiter's cycle is the last.
    const pair = looks.nextPair();
    const agent = reports.nextAgent();
    const [lookAt, mailAt, reportAt] = [looks.nextAt(pair), mail.nextAt(), reports.nextAt(agent)];
    const now = Math.min(lookAt, mailAt, reportAt, cycleAt);
    if (now >= hours * hourMs) break;
    if (lookAt === now) {
      if (looks.turn(pair, now)) report(Math.floor(pair / targets), now);
    } else if (mailAt === now) deliver(now);
    else if (reportAt === now) report(agent, now);
    else cycle(now);
  }
  return { moves: arbiter.moves, looks: looks.count(), falseDowns: reports.downs, blind, digest: looks.digest() };
}
