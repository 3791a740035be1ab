import type { Config, SelfCheck } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { sleep } from "@sluice/runtime";
import type { GuardRules } from "./guard-target.ts";
import { outsideOf, reachesAny } from "./reach.ts";
import { checkEnded, type Eyes, isCutOff, judgeEyes, newEyes } from "./self-check.ts";

/** The agent's watch over itself: the sockets behind the pure judgement in `self-check.ts`. */
export interface SelfWatch {
  /** Checks now: something has begun to fail, and it may be us. */
  check(): void;
  stalled(): void;
  /** An arbiter of that site answered what it was asked at `askedAt`: as good as a check that reached somebody. */
  heardFrom(site: string, askedAt: number): void;
  judge(): SelfCheck;
  /** Whether the agent trusts its eyes, for whoever isn't told the judgement. */
  isSure(): boolean;
  /** Checks whenever nobody outside was heard for an interval and a half, until the signal aborts. */
  run(): Promise<void>;
}

type Deps = {
  readonly clock: Clock;
  readonly agent: string;
  readonly localAddress: string | undefined;
  readonly config: () => Config;
  readonly rules: () => GuardRules;
  readonly seen: () => { firstLooksIn(): boolean; failingSince(): number | undefined };
  readonly signal: AbortSignal;
  /** The judgement is another than the one last given: report again. */
  readonly onTurn: () => void;
  /** Somebody is reached again: what was seen while cut off is to be forgotten. */
  readonly onSightRegained: () => void;
};

export function makeSelfWatch(deps: Deps): SelfWatch {
  const { clock, signal } = deps;
  let eyes: Eyes = newEyes;
  let given = "";
  let running: Promise<void> | undefined;
  let isWanted = false;

  function judgeNow(): SelfCheck {
    eyes = { ...eyes, firstLooksIn: eyes.firstLooksIn || deps.seen().firstLooksIn() };
    const failingSince = deps.seen().failingSince();
    const { intervalMs } = deps.config().probes;
    const at = { now: clock.monotonicMs(), intervalMs };
    return judgeEyes(eyes, failingSince === undefined ? at : { ...at, failingSince });
  }

  async function checkOnce(): Promise<void> {
    const beganAt = clock.monotonicMs();
    const reached = await reachNow(deps);
    if (!signal.aborted) ended(beganAt, reached);
  }

  function ended(beganAt: number, reached: boolean): void {
    const wasCutOff = isCutOff(eyes);
    eyes = checkEnded(eyes, beganAt, reached);
    if (wasCutOff && !isCutOff(eyes)) deps.onSightRegained();
    if (given !== "" && sentence(judgeNow()) !== given) deps.onTurn();
  }

  /** One check at a time, however many targets begin to fail at once; one wanted meanwhile begins when it ends. */
  function check(): Promise<void> {
    isWanted = running !== undefined;
    running ??= checkOnce().finally(() => {
      running = undefined;
      if (isWanted && !signal.aborted) void check();
    });
    return running;
  }

  return {
    check: () => void check(),
    stalled() {
      eyes = { ...eyes, stalledAt: clock.monotonicMs() };
    },
    heardFrom(site, askedAt) {
      if (site !== siteOf(deps)) ended(askedAt, true);
    },
    judge() {
      const judged = judgeNow();
      given = sentence(judged);
      return judged;
    },
    isSure: () => judgeNow().kind === "ok",
    async run() {
      while (!signal.aborted) {
        const { intervalMs } = deps.config().probes;
        const isSilent = clock.monotonicMs() - (eyes.reachedBeganAt ?? Number.NEGATIVE_INFINITY) > intervalMs * 1.5;
        if (isSilent) await check();
        await sleep(intervalMs, signal);
      }
    },
  };
}

function reachNow(deps: Deps): Promise<boolean> {
  const config = deps.config();
  const local = deps.localAddress === undefined ? {} : { localAddress: deps.localAddress };
  const bounds = { deadlineMs: config.probes.deadlineMs, rules: deps.rules(), signal: deps.signal };
  return reachesAny(outsideOf(config, siteOf(deps)), { ...bounds, ...local });
}

const siteOf = ({ config, agent }: Deps): string => config().agents.find(({ name }) => name === agent)?.site ?? "";

const sentence = (judged: SelfCheck): string => (judged.kind === "ok" ? "ok" : judged.because);
