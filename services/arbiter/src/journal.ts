import { type Event, type JournalEntry, SluiceError, sentence } from "@sluice/core";
import type { Clock, DatedEvent, Store } from "@sluice/ports";
import type { Logger } from "@sluice/runtime";
import { wait } from "./suspicion-board.ts";

/** Events on their way to the store, and readers who wait for them. */
export interface Journal {
  /** Logs events and keeps them until they are written. Bounded: the oldest go first when the database is away for long. */
  note(events: readonly Event[]): void;
  /** Writes what is waiting, under the epoch. False when the store is away; then it goes on waiting. */
  flush(epoch: number): Promise<boolean>;
  /** Tells readers that a commit brought events of its own. */
  committed(): void;
  read(at: {
    /** Undefined: the newest `limit` entries, without waiting. */
    readonly after: number | undefined;
    readonly limit: number;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<readonly JournalEntry[]>;
}

const waitingMax = 5_000;
const readersPollMs = 500;

export function makeJournal(deps: {
  readonly name: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}): Journal {
  let waiting: DatedEvent[] = [];
  const readers = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of readers) wake();
  };
  return {
    note(events) {
      for (const event of events) deps.logger.info({ event: event.kind }, sentence(event));
      const at = deps.clock.wallMs();
      waiting = [...waiting, ...events.map((event) => ({ at, event }))].slice(-waitingMax);
    },
    async flush(epoch) {
      if (waiting.length === 0) return true;
      const entries = waiting;
      waiting = [];
      try {
        const { kind } = await deps.store.append({ epoch, by: deps.name, entries });
        // Fenced, nothing was written: it waits for when this arbiter leads again.
        if (kind === "fenced") waiting = [...entries, ...waiting].slice(-waitingMax);
        else wakeAll();
        return true;
      } catch (error) {
        if (!(error instanceof SluiceError) || !error.transient) throw error;
        waiting = [...entries, ...waiting].slice(-waitingMax);
        return false;
      }
    },
    committed: wakeAll,
    async read(at) {
      if (at.after === undefined) {
        const { lastEventId } = (await deps.store.head()) ?? { lastEventId: 0 };
        return deps.store.events(Math.max(0, lastEventId - at.limit), at.limit);
      }
      const until = deps.clock.monotonicMs() + at.waitMs;
      for (;;) {
        const entries = await deps.store.events(at.after, at.limit);
        const leftMs = until - deps.clock.monotonicMs();
        if (entries.length > 0 || leftMs <= 0 || at.signal.aborted) return entries;
        // A follower's journal is written by the leader, so readers look again by themselves too.
        await wait(readers, { waitMs: Math.min(leftMs, readersPollMs), signal: at.signal });
      }
    },
  };
}
