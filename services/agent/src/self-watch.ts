import type { Config, SelfCheck } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { repeat } from "@sluice/runtime";
import { reachesAny, reachTargets } from "./reach.ts";
import { checkEnded, type Eyes, judgeEyes, newEyes } from "./self-check.ts";

/** The agent's watch over itself: the sockets behind the pure judgement in `self-check.ts`. */
export interface SelfWatch {
  /** Checks now: something has begun to fail, and it may be us. */
  check(): void;
  stalled(): void;
  judge(seen: { firstLooksIn(): boolean; failingSince(): number | undefined }): SelfCheck;
  /** Checks each interval until the signal aborts. */
  run(): Promise<void>;
}

type Deps = {
  readonly clock: Clock;
  readonly site: string;
  readonly localAddress: string | undefined;
  readonly config: () => Config;
  readonly signal: AbortSignal;
  /** The judgement may have turned: report again. */
  readonly onTurn: () => void;
};

export function makeSelfWatch(deps: Deps): SelfWatch {
  const { clock, signal } = deps;
  let eyes: Eyes = newEyes;
  let said = "";

  async function check(): Promise<void> {
    const beganAt = clock.monotonicMs();
    const { deadlineMs } = deps.config().probes;
    const local = deps.localAddress === undefined ? {} : { localAddress: deps.localAddress };
    const reached = await reachesAny(reachTargets(deps.config(), deps.site), { deadlineMs, signal, ...local });
    if (signal.aborted) return;
    eyes = checkEnded(eyes, beganAt, reached);
    const says = reached ? "ok" : "cut-off";
    if (says !== said) deps.onTurn();
    said = says;
  }

  return {
    check: () => void check(),
    stalled() {
      eyes = { ...eyes, stalledAt: clock.monotonicMs() };
    },
    judge(seen) {
      eyes = { ...eyes, firstLooksIn: eyes.firstLooksIn || seen.firstLooksIn() };
      const failingSince = seen.failingSince();
      const { intervalMs } = deps.config().probes;
      return judgeEyes(eyes, {
        now: clock.monotonicMs(),
        intervalMs,
        ...(failingSince === undefined ? {} : { failingSince }),
      });
    },
    run: () => repeat({ everyMs: deps.config().probes.intervalMs, signal, onError: () => undefined }, check),
  };
}
