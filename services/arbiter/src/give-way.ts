import { type ArbiterConfig, calmSituations, type EpochMs, type MonoMs, SluiceError, type World } from "@sluice/core";
import { request } from "@sluice/runtime";

/**
 * A leader that is not the preferred one hands over when a preferred one has been ready for a while and nothing is going on.
 * The preferred arbiter sits where no serving site takes it along; without this, one restart of it would leave the lead in
 * the very site that may fall next, and that fall would cost an election.
 */
export interface GivingWay {
  /** Looks at the preferred arbiters, at most every `lookEveryMs`; answers the name of the one to give way to. */
  look(now: MonoMs, isCalm: boolean): Promise<string | undefined>;
}

const lookEveryMs = 2_000;
/** Raising this leaves the lead in a serving site for longer; lowering it hands over to an arbiter that may be flapping. */
const readyForMs = 15_000;
const askTimeoutMs = 500;

export function makeGivingWay(deps: {
  /** The arbiters that are preferred to us, best first. */
  readonly preferred: () => readonly ArbiterConfig[];
  /** Whether that arbiter has fresh votes and reaches the store. */
  readonly isReady: (arbiter: ArbiterConfig) => Promise<boolean>;
}): GivingWay {
  let lookedAt: number | undefined;
  /** Since when each preferred arbiter has been ready without a break. */
  const readySince = new Map<string, number>();
  return {
    async look(now, isCalm) {
      if (lookedAt !== undefined && now - lookedAt < lookEveryMs) return undefined;
      lookedAt = now;
      for (const arbiter of deps.preferred()) {
        if (!(await deps.isReady(arbiter))) readySince.delete(arbiter.name);
        else if (!readySince.has(arbiter.name)) readySince.set(arbiter.name, now);
      }
      const best = deps.preferred().find((arbiter) => now - (readySince.get(arbiter.name) ?? now) >= readyForMs);
      if (!best || !isCalm) return undefined;
      readySince.clear();
      return best.name;
    },
  };
}

/** Asks at `/readyz`. Who doesn't answer isn't ready. */
export async function askReady(arbiter: ArbiterConfig, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await request({ url: `${arbiter.url}/readyz`, timeoutMs: askTimeoutMs, signal });
    return answer.status === 200;
  } catch (error) {
    if (!signal.aborted && !(error instanceof SluiceError)) throw error;
    return false;
  }
}

const quietForMs = 60_000;

/** True when no service is about to move and none has moved for a minute. */
export function isCalm(world: World, now: EpochMs): boolean {
  const situations = Object.values(world.watch.situations);
  const moves = Object.values(world.durable.services).flatMap((service) => service.moves);
  const isQuiet = moves.every((at) => Math.abs(now - at) >= quietForMs);
  return isQuiet && situations.length > 0 && situations.every((situation) => calmSituations.includes(situation));
}
