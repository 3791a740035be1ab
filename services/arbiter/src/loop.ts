import {
  type Change,
  type Command,
  type CommandResult,
  type Event,
  type MonoMs,
  newWatch,
  SluiceError,
  sentence,
  step,
  type Watch,
} from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { Logger } from "@sluice/runtime";
import type { Ballots } from "./ballots.ts";
import { inShort } from "./in-short.ts";
import type { Journal } from "./journal.ts";
import type { KeyWatch } from "./key-watch.ts";
import type { Leadership } from "./leadership.ts";
import type { ArbiterMetrics } from "./metrics.ts";
import { unlessTransient } from "./pen.ts";
import { makeSettled } from "./settled.ts";
import type { Under, WorldKeeper } from "./world-keeper.ts";

/** The arbiter's one loop: gather → step → perform → record. */
export interface Loop {
  /** One cycle. Cycles never overlap; the caller sees to the pace. */
  turn(): Promise<void>;
  watch(): Watch;
  /** Queues an operator's command for the next cycle; resolves with what came of it. */
  submit(command: Command): Promise<CommandResult>;
  /** True while this arbiter leads, has adopted what is served, and may write. */
  isLeading(): boolean;
  /** Somebody has what the store has not: what the epoch began with is asked for once more. */
  settleAnew(): void;
}

type Deps = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ballots: Ballots;
  readonly journal: Journal;
  readonly keeper: WorldKeeper;
  readonly leadership: Leadership;
  readonly metrics: ArbiterMetrics;
  /** Reads what the world serves, and adopts it where it is newer; false while that is not settled. */
  readonly settle: (epoch: number) => Promise<boolean>;
  readonly keys: Pick<KeyWatch, "isSettled">;
};

const commandsMax = 64;
/** Events of one cycle that go to the log as well. The journal has all that `inShort` left. */
const loggedMax = 500;

export function makeLoop(deps: Deps): Loop {
  let watch: Watch = newWatch;
  const settled = makeSettled(deps.leadership, deps.settle);
  /** When the cycle was that `watch` comes from. */
  let countedAt: MonoMs | undefined;
  const queue: Queued[] = [];

  /**
   * The epoch to write under, or undefined. A new epoch settles first, and so does one whose store isn't where it was left: a
   * failover may have lost commits that nodes serve by already, and what comes next must not be made of the older world.
   */
  async function leadingEpoch(): Promise<number | undefined> {
    const held = deps.leadership.held();
    if (!held || deps.leadership.whyNotWrite() !== undefined) return undefined;
    if (deps.leadership.isFailsafe()) await deps.keeper.takeUp();
    else if (await deps.keeper.readBack().catch(unlessTransient)) settled.forget();
    // What a newer keyset asks for takes a higher epoch, which only the store gives out. The one after failsafe settles anyway.
    const isKeyed = deps.leadership.isFailsafe() || deps.keys.isSettled(held.epoch);
    return settled.is() && isKeyed ? held.epoch : settled.settle(held.epoch);
  }

  function gather() {
    const { config, configRevision } = deps.keeper.durable();
    return { ballots: deps.ballots.count(config, configRevision), taken: queue.splice(0) };
  }

  async function turn(): Promise<void> {
    const end = deps.metrics.cycleSeconds.startTimer();
    const epoch = await leadingEpoch();
    const { ballots, taken } = gather();
    deps.metrics.freshVantages.set(ballots.freshDomains.length);
    const isFailsafe = deps.leadership.isFailsafe();
    const role =
      epoch === undefined ? ({ kind: "following" } as const) : ({ kind: "leading", epoch, isFailsafe } as const);
    const world = { durable: deps.keeper.durable(), watch };
    const [at, monoAt] = [deps.clock.wallMs(), deps.clock.monotonicMs()];
    const passedMs = monoAt - (countedAt ?? monoAt);
    const commands = taken.map((entry) => entry.command);
    const { change, events: all, ...outcome } = step(world, { ballots, role, commands, passedMs }, at);
    const events = inShort(all);
    const under = epoch === undefined ? undefined : { epoch, events, at, isFailsafe };
    const refused = change && under ? await perform(change, under) : undefined;
    if (!refused) {
      watch = outcome.watch;
      countedAt = monoAt;
    }
    showHeld(deps.metrics, watch);
    if (epoch !== undefined && !change) deps.journal.note(events);
    for (const { command, resolve } of taken) resolve(refused ?? outcome.results[command.id] ?? notLeading);
    end();
  }

  /** Commits before anything is published; answers the refusal when nothing was changed. */
  async function perform(change: Change, under: Under): Promise<CommandResult | undefined> {
    if (deps.leadership.whyNotWrite() !== undefined) return notLeading;
    // What was worked out while the store was there may hold what waits for it in failsafe, and the other way round.
    if (deps.leadership.isFailsafe() !== under.isFailsafe) return notLeading;
    try {
      const committed = await deps.keeper.commit(change, under);
      if (committed.kind === "committed") {
        record(deps, under.events, { sequence: change.durable.sequence, epoch: under.epoch });
        return undefined;
      }
      deps.metrics.refusedCommits.inc({ why: committed.because });
      if (committed.because === "fenced") await deps.leadership.resign("the store has a newer epoch");
      if (committed.because === "conflict") {
        settled.forget();
        await deps.keeper.refresh();
      }
      return notCommitted(committed.because);
    } catch (error) {
      return storeAway(error);
    }
  }

  return {
    turn,
    watch: () => watch,
    isLeading: () => settled.is(),
    settleAnew: () => settled.forget(),
    submit: (command) => enqueue(queue, command),
  };
}

/** Rules that hold nothing any more are gone from the metric. */
function showHeld({ held }: ArbiterMetrics, watch: Watch): void {
  held.reset();
  for (const { rule } of Object.values(watch.held)) held.inc({ rule });
}

function record(deps: Deps, events: readonly Event[], head: { sequence: number; epoch: number }): void {
  deps.metrics.sequence.set(head.sequence);
  deps.metrics.epoch.set(head.epoch);
  for (const event of events)
    if (event.kind === "decided") deps.metrics.decisions.inc({ cause: event.decision.cause.kind });
  for (const event of events.slice(0, loggedMax)) deps.logger.info({ event: event.kind }, sentence(event));
  if (events.length > loggedMax)
    deps.logger.info({ event: "more" }, `${events.length - loggedMax} more events of this cycle are in the journal`);
  deps.journal.committed();
}

const notKept: CommandResult = {
  kind: "refused",
  code: "STORE_UNAVAILABLE",
  because: "the store is away, and no other arbiter has written it down yet",
  hint: "It is brought again, and may be done all the same: look before you ask again.",
};

function notCommitted(why: "fenced" | "conflict" | "unkept"): CommandResult {
  if (why === "unkept") return notKept;
  const hint = "Ask again: another arbiter may lead.";
  return { kind: "refused", code: "FENCED", because: `the store refused: ${why}`, hint };
}

/** A database that is away refuses what was asked. Its last answer may be what got lost, so nobody knows yet. */
function storeAway(error: unknown): CommandResult {
  if (!(error instanceof SluiceError) || !error.transient) throw error;
  const hint = "It may have been done all the same: when the database is back, look before you ask again.";
  return { kind: "refused", code: "STORE_UNAVAILABLE", because: error.message, hint };
}

type Queued = { readonly command: Command; readonly resolve: (result: CommandResult) => void };

function enqueue(queue: Queued[], command: Command): Promise<CommandResult> {
  if (queue.length >= commandsMax) {
    const because = "too many commands wait already";
    return Promise.resolve({ kind: "refused", code: "BRAKE", because, hint: "Try again in a second." });
  }
  return new Promise((resolve) => queue.push({ command, resolve }));
}

const notLeading: CommandResult = {
  kind: "refused",
  code: "NOT_LEADER",
  because: "this arbiter does not lead",
  hint: "Ask the next arbiter; the sluice command does so by itself.",
};
