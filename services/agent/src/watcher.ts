import {
  type Config,
  type EpochMs,
  isSuspect,
  type Opinion,
  opinionOf,
  type ProbeSettings,
  type TargetKey,
  type Vote,
} from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { LookPlan } from "./look-target.ts";
import { beginLook, endLook, newPace, nextLookAt, type Pace, suspect } from "./pace.ts";
import type { LookResult } from "./probes/look.ts";

/** Looks at every target at its pace, and holds what was seen. */
export interface Watcher {
  /** Goes on with another configuration; targets that stay keep their health. */
  configure(plans: readonly LookPlan[], settings: ProbeSettings): void;
  /** Other agents suspect these: one look at once. */
  suspect(targets: readonly TargetKey[]): void;
  /** The agent was stalled: what is in flight will be discarded. */
  discardInFlight(): void;
  votes(): readonly Vote[];
  /** The latest beginning, in monotonic time, of a failing streak that led to `down`; undefined when nothing is down. */
  failingSince(): number | undefined;
  /** True when every target has been looked at once. */
  firstLooksIn(): boolean;
  stop(): void;
}

type Deps = {
  readonly clock: Clock;
  readonly look: (plan: LookPlan, signal: AbortSignal) => Promise<LookResult>;
  /** An opinion turned, or a healthy target failed its first look. */
  readonly onChange: () => void;
  readonly onFirstFailure: () => void;
  readonly onLook: (key: TargetKey, result: LookResult) => void;
};

type Watched = {
  plan: LookPlan;
  pace: Pace;
  hasLooked: boolean;
  failing: { readonly at: number; readonly wallAt: EpochMs; readonly detail: string } | undefined;
};

export function makeWatcher(deps: Deps, config: Pick<Config, "probes">): Watcher {
  const { clock } = deps;
  const watched = new Map<TargetKey, Watched>();
  const stopped = new AbortController();
  let settings = config.probes;
  let generation = 0;
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    clearTimeout(timer);
    if (stopped.signal.aborted || watched.size === 0) return;
    const due = [...watched.values()].flatMap((entry) => nextLookAt(entry.pace, settings.intervalMs) ?? []);
    if (due.length > 0) timer = setTimeout(turn, Math.max(0, Math.min(...due) - clock.monotonicMs()));
  }

  function turn(): void {
    const now = clock.monotonicMs();
    for (const [key, entry] of watched) {
      const at = nextLookAt(entry.pace, settings.intervalMs);
      // Timers fire up to a millisecond early; a look a hair before its time is on time.
      if (at !== undefined && at <= now + 1) void lookOnce(key, entry);
    }
    schedule();
  }

  async function lookOnce(key: TargetKey, entry: Watched): Promise<void> {
    entry.pace = beginLook(entry.pace, clock.monotonicMs());
    const [startedAt, wallAt, begun] = [clock.monotonicMs(), clock.wallMs(), generation];
    const result = await deps.look(entry.plan, stopped.signal);
    if (stopped.signal.aborted || watched.get(key) !== entry) return;
    note(deps, entry, {
      settings,
      result: begun === generation ? result : undefined,
      startedAt,
      wallAt,
    });
    deps.onLook(key, result);
    schedule();
  }

  return {
    configure(plans, next) {
      settings = next;
      const keys = new Set(plans.map((plan) => plan.key));
      for (const key of watched.keys()) if (!keys.has(key)) watched.delete(key);
      for (const plan of plans) {
        const standing = watched.get(plan.key);
        if (standing && JSON.stringify(standing.plan) === JSON.stringify(plan)) continue;
        const pace = newPace(plan.key, clock.monotonicMs(), next.intervalMs);
        watched.set(plan.key, { plan, pace, hasLooked: false, failing: undefined });
      }
      schedule();
    },
    suspect(targets) {
      for (const target of targets) {
        const entry = watched.get(target);
        if (entry) entry.pace = suspect(entry.pace, clock.monotonicMs());
      }
      turn();
    },
    discardInFlight() {
      generation += 1;
    },
    votes: () => [...watched].map(([key, entry]) => voteOf(key, entry, opinionOf(entry.pace.health, settings))),
    failingSince() {
      const down = [...watched.values()].filter((entry) => entry.pace.health.opinion === "down" && entry.failing);
      return down.length === 0 ? undefined : Math.max(...down.map((entry) => entry.failing?.at ?? 0));
    },
    firstLooksIn: () => [...watched.values()].every((entry) => entry.hasLooked),
    stop() {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}

type Seen = {
  readonly settings: ProbeSettings;
  /** Undefined: discarded, since the agent itself was stalled. */
  readonly result: LookResult | undefined;
  readonly startedAt: number;
  readonly wallAt: EpochMs;
};

function note(deps: Deps, entry: Watched, seen: Seen): void {
  const { result, settings } = seen;
  const before = opinionOf(entry.pace.health, settings);
  const wasSuspect = isSuspect(entry.pace.health);
  entry.pace = endLook(entry.pace, result && result.kind === "failed", settings);
  if (!result) return;
  entry.hasLooked = true;
  if (result.kind === "ok") entry.failing = undefined;
  else entry.failing = { at: seen.startedAt, wallAt: seen.wallAt, ...entry.failing, detail: result.because };
  const isNewlySuspect = !wasSuspect && isSuspect(entry.pace.health);
  if (isNewlySuspect) deps.onFirstFailure();
  if (isNewlySuspect || opinionOf(entry.pace.health, settings) !== before) deps.onChange();
}

function voteOf(target: TargetKey, entry: Watched, opinion: Opinion): Vote {
  const failing = entry.failing ? { failingSince: entry.failing.wallAt, detail: entry.failing.detail } : {};
  return { target, opinion, suspect: isSuspect(entry.pace.health), ...failing };
}
