import { type Config, isPoolKey, type PoolLook, type ProbeSettings, type TargetKey, type Vote } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { makeAlarm } from "./alarm.ts";
import { stallMaxMs } from "./heartbeat.ts";
import type { LookPlan } from "./look-target.ts";
import { beatOf, beginLook, isDue, nextLookAt, suspect } from "./pace.ts";
import type { LookResult } from "./probes/look.ts";
import { lookOf, newWatched, noteLook, type Spread, voteOf, type Watched } from "./watched.ts";

/** Looks at every target at its pace, and holds what was seen. */
export interface Watcher {
  /** Goes on with another configuration; targets that stay keep their health. */
  configure(plans: readonly LookPlan[], settings: ProbeSettings): void;
  /** Other agents suspect these: one look at once. */
  suspect(targets: readonly TargetKey[]): void;
  /** The agent was stalled: what is in flight will be discarded. */
  discardInFlight(): void;
  /** The agent was cut off: nothing it saw counts, and it begins anew. */
  forget(): void;
  votes(): readonly Vote[];
  /** The runs of good or failed looks at every pool. */
  looks(): readonly PoolLook[];
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
  /** A streak of failures begins that may end in `down`. */
  readonly onFirstFailure: () => void;
  /** Looks that were due at that time begin now. */
  readonly onTurn: (dueAt: number) => void;
  readonly onLook: (key: TargetKey, result: LookResult) => void;
};

export function makeWatcher(deps: Deps, config: Pick<Config, "probes">): Watcher {
  const { clock } = deps;
  const watched = new Map<TargetKey, Watched>();
  const stopped = new AbortController();
  let settings = config.probes;
  let generation = 0;
  const alarm = makeAlarm(clock, turn);

  function turn(dueAt: number): void {
    deps.onTurn(dueAt);
    const now = clock.monotonicMs();
    for (const [key, entry] of watched) {
      if (isDue(entry.pace, now, settings.intervalMs)) void lookOnce(key, entry);
      expect(entry);
    }
  }

  function expect(entry: Watched): void {
    const at = nextLookAt(entry.pace, settings.intervalMs);
    if (at !== undefined && !stopped.signal.aborted) alarm.by(at);
  }

  async function lookOnce(key: TargetKey, entry: Watched): Promise<void> {
    const [startedAt, wallAt, begun] = [clock.monotonicMs(), clock.wallMs(), generation];
    entry.pace = beginLook(entry.pace, startedAt);
    const result = await deps.look(entry.plan, stopped.signal);
    if (stopped.signal.aborted || watched.get(key) !== entry) return;
    // After a stall the deadlines of looks may fire before the heartbeat has noticed it. Their lateness gives it away too.
    const isVoid = begun !== generation || clock.monotonicMs() - startedAt > settings.deadlineMs + stallMaxMs;
    const { isChange, isFirstFailure } = noteLook(entry, isVoid ? undefined : result, { settings, startedAt, wallAt });
    if (isFirstFailure) deps.onFirstFailure();
    if (isChange) deps.onChange();
    deps.onLook(key, result);
    expect(entry);
  }

  function begin(plans: readonly LookPlan[], spread: Spread): void {
    const now = clock.monotonicMs();
    for (const plan of plans) {
      const entry = newWatched(plan, now, spread);
      watched.set(plan.key, entry);
      expect(entry);
    }
  }

  return {
    configure(plans, next) {
      settings = next;
      for (const key of watched.keys()) if (!plans.some((plan) => plan.key === key)) watched.delete(key);
      const changed = plans.filter((plan) => !isLike(plan, watched.get(plan.key)?.plan));
      for (const entry of watched.values()) expect(entry);
      begin(changed, { spreadMs: next.intervalMs, beatMs: beatOf(plans.length, next.intervalMs) });
    },
    suspect(targets) {
      for (const target of targets) {
        const entry = watched.get(target);
        if (!entry) continue;
        entry.pace = suspect(entry.pace, clock.monotonicMs());
        expect(entry);
      }
    },
    discardInFlight: () => void (generation += 1),
    forget() {
      const spreadMs = Math.ceil(settings.intervalMs / 4);
      begin(Array.from(watched.values(), planOf), { spreadMs, beatMs: beatOf(watched.size, spreadMs) });
    },
    votes: () => [...watched.values()].map((entry) => voteOf(entry, settings)),
    looks: () => [...watched.values()].map(lookOf).filter(({ target }) => isPoolKey(target)),
    failingSince: () => latestDownSince(watched.values()),
    firstLooksIn: () => [...watched.values()].every((entry) => entry.hasLooked),
    stop() {
      alarm.stop();
      stopped.abort();
    },
  };
}

const planOf = ({ plan }: Watched): LookPlan => plan;
const isLike = (plan: LookPlan, other: LookPlan | undefined): boolean => JSON.stringify(plan) === JSON.stringify(other);

function latestDownSince(entries: Iterable<Watched>): number | undefined {
  const down = [...entries].flatMap((entry) => entry.downSince ?? []);
  return down.length === 0 ? undefined : down.reduce((latest, at) => Math.max(latest, at));
}
