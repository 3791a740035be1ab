import {
  type Decision,
  invariant,
  type JournalEntry,
  type ServiceName,
  type ServiceState,
  SluiceError,
} from "@sluice/core";
import type { Commit, CommitResult, DatedEvent, Store, StoredWorld } from "@sluice/ports";
import type { LeaseCell } from "./memory-database.ts";

type Tables = { world: StoredWorld | undefined; decisions: Decision[]; journal: JournalEntry[]; commits: Set<string> };

/** As JSON would keep it: the caller's objects stay the caller's. */
const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
const rowsMax = 1_000;

/** The tables in memory: `open` makes one more door to them. `lease` reads the lease row. */
export function makeMemoryStore(lease: () => LeaseCell | undefined): { open(): Store; keep(): () => void } {
  const tables: Tables = { world: undefined, decisions: [], journal: [], commits: new Set() };
  return {
    open: () => openDoor(tables, lease),
    keep() {
      const { world, decisions, journal, commits } = tables;
      const kept = { world, decisions: [...decisions], journal: [...journal], commits: new Set(commits) };
      return () => void Object.assign(tables, kept);
    },
  };
}

function openDoor(tables: Tables, lease: () => LeaseCell | undefined): Store {
  let isClosed = false;
  const door = async <T>(action: () => T): Promise<T> => {
    if (isClosed) throw new SluiceError("STORE_UNAVAILABLE", "the store is closed", { transient: true });
    return action();
  };
  const epochOf = (): number => lease()?.epoch ?? 0;
  const isFenced = ({ by, epoch }: { readonly by: string; readonly epoch: number }): boolean =>
    epoch < 1 || epoch !== epochOf() || by !== lease()?.holder;
  return {
    migrate: () => door(() => undefined),
    load: () => door(() => copy(tables.world)),
    head: () =>
      door(() => {
        const { world } = tables;
        const lastEventId = tables.journal.length;
        return world && { sequence: world.sequence, configRevision: world.configRevision, lastEventId };
      }),
    commit: (commit) =>
      door(() => (isFenced(commit) ? { kind: "fenced", epoch: epochOf() } : write(tables, copy(commit)))),
    committed: (id) => door(() => tables.commits.has(id)),
    append: ({ epoch, by, entries }) =>
      door(() => {
        if (isFenced({ by, epoch })) return { kind: "fenced", epoch: epochOf() };
        return { kind: "appended", lastEventId: journal(tables, by, copy(entries)) };
      }),
    events: (after, limit) =>
      door(() => copy(tables.journal.filter((entry) => entry.id > after).slice(0, Math.min(limit, rowsMax)))),
    decisions: (limit) => door(() => copy(tables.decisions.toReversed().slice(0, Math.min(limit, rowsMax)))),
    close: async () => {
      isClosed = true;
    },
  };
}

/** Checks first and changes afterwards, so that all of it happens or nothing. */
function write(tables: Tables, commit: Commit): CommitResult {
  const before = tables.world;
  const sequence = before?.sequence ?? 0;
  if (commit.sequenceBefore !== sequence) return { kind: "conflict", sequence };
  const config = commit.config ?? (before && { revision: before.configRevision, config: before.config });
  invariant(config, "the first commit brings a configuration");
  invariant(commit.sequence > sequence, "the sequence grows with each commit");
  invariant(!tables.commits.has(commit.id), `the commit id ${commit.id} is new`);
  const services: Record<ServiceName, ServiceState> = { ...before?.services };
  for (const name of commit.servicesRemoved) delete services[name];
  tables.world = {
    sequence: commit.sequence,
    configRevision: config.revision,
    config: config.config,
    services: { ...services, ...commit.services },
    overrides: commit.overrides,
    snapshotEnvelope: commit.snapshot?.envelope ?? before?.snapshotEnvelope,
  };
  tables.commits.add(commit.id);
  tables.decisions.push(...commit.decisions);
  const entries = commit.events.map((event) => ({ at: commit.at, event }));
  return { kind: "committed", lastEventId: journal(tables, commit.by, entries) };
}

function journal(tables: Tables, by: string, entries: readonly DatedEvent[]): number {
  for (const { at, event } of entries) tables.journal.push({ id: tables.journal.length + 1, at, by, event });
  return tables.journal.length;
}
