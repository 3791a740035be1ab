import { randomUUID } from "node:crypto";
import { withNewSettings } from "@sluice/contract";
import {
  adopt,
  adoptInto,
  type Change,
  type Config,
  type Durable,
  type EpochMs,
  type Event,
  type Found,
} from "@sluice/core";
import type { Commit, Store, StoredWorld } from "@sluice/ports";
import type { Keyring, Signer } from "@sluice/runtime";
import { openSnapshot } from "./adoption.ts";
import type { Failsafe } from "./failsafe/failsafe.ts";
import type { Leadership } from "./leadership.ts";
import type { SnapshotDesk } from "./snapshot-desk.ts";

/** The durable world in memory: loaded from the store, changed only by what the store has taken. */
export interface WorldKeeper {
  durable(): Durable;
  /** Reads the store again when its head moved; followers do so to stay warm. True when something changed. */
  refresh(): Promise<boolean>;
  /**
   * Finds out what became of a commit whose outcome was lost, and takes it up if it is in; false when there was none. Until
   * then the store, and with it every follower and node, may be a decision ahead of this world.
   */
  readBack(): Promise<boolean>;
  /** In failsafe nobody can be asked what became of it: it is done, and becomes the journal's first entry. */
  takeUp(): Promise<void>;
  /** Before a new leader's first write. Answers the event to journal, or the reason to freeze. */
  adopt(found: readonly Found[]): AdoptionOutcome;
  /** Commits a change under an epoch, then puts its snapshot on the desk. */
  commit(change: Change, under: Under): Promise<CommitOutcome>;
}

/** What a commit is made under, and when the cycle that wants it began. */
export type Under = {
  readonly epoch: number;
  readonly events: readonly Event[];
  readonly at: EpochMs;
  /** The store is away: it goes into the failsafe journal, and nobody has a newer head. */
  readonly isFailsafe?: boolean;
};

export type AdoptionOutcome =
  | { readonly kind: "kept" }
  | { readonly kind: "adopted"; readonly event: Event }
  | { readonly kind: "diverged"; readonly event: Extract<Event, { kind: "diverged" }> };

export type CommitOutcome =
  | { readonly kind: "committed" }
  /** `unkept`: nobody but this arbiter has it in its failsafe journal yet; it will be brought again. */
  | { readonly kind: "refused"; readonly because: "fenced" | "conflict" | "unkept" };

type Deps = {
  readonly name: string;
  readonly store: Store;
  readonly signer: Signer;
  readonly keyring: Keyring;
  readonly desk: SnapshotDesk;
  readonly failsafe: Pick<Failsafe, "record">;
  readonly leadership: Pick<Leadership, "whyNotWrite">;
  /** The file's configuration: in force, as revision 0, until one is stored. */
  readonly bootstrap: Config;
};

export function makeWorldKeeper(deps: Deps): WorldKeeper {
  let durable = emptyWorld(deps.bootstrap);
  /** The store's head as we know it; undefined until something was stored. It lags `durable.sequence` after an adoption. */
  let head: number | undefined;
  /** Write every service with the next commit: the world came from elsewhere than the store. */
  let isAdopted = false;
  /** A commit whose outcome was lost with the connection; settled before anything else is done. */
  let unsettled: { readonly commit: Commit; readonly change: Change } | undefined;
  const configOf = makeConfigReader();

  async function load(): Promise<void> {
    const stored = await deps.store.load();
    if (!stored) return;
    head = stored.sequence;
    isAdopted = false;
    durable = restore(deps, { ...stored, config: configOf(stored) });
    if (durable.snapshot && stored.snapshotEnvelope) deps.desk.offer(durable.snapshot, stored.snapshotEnvelope);
  }

  async function readBack(): Promise<boolean> {
    if (!unsettled) return false;
    const isIn = await deps.store.committed(unsettled.commit.id);
    // Settled only when it has been loaded: a store that is gone again in between leaves it open, for failsafe to take up.
    if (isIn) await load();
    // It may still come in: a slow server works on. Its number is spent, or what is done in failsafe could bear the same.
    else durable = { ...durable, sequence: durable.sequence + 1 };
    unsettled = undefined;
    return true;
  }

  /** Everybody may know of it from now on. */
  function accept({ commit, change }: NonNullable<typeof unsettled>): void {
    unsettled = undefined;
    durable = change.durable;
    [head, isAdopted] = [durable.sequence, false];
    if (change.snapshot && commit.snapshot) deps.desk.offer(change.snapshot, commit.snapshot.envelope);
  }

  async function takeUp(): Promise<void> {
    // The process may have stood still meanwhile. Then whoever leads finds it in the journals, and nodes hear of it from there.
    if (unsettled && (await deps.failsafe.record(unsettled.commit)) && !deps.leadership.whyNotWrite())
      accept(unsettled);
  }

  return {
    durable: () => durable,
    readBack,
    takeUp,
    async refresh() {
      const found = await deps.store.head();
      if (found?.sequence === head) return false;
      if (found) await load();
      // The store is empty again. What is known here is newer, and goes into it whole with the next commit.
      else [head, isAdopted] = [undefined, true];
      return true;
    },
    adopt(found) {
      const adoption = adopt(durable, found);
      if (adoption.kind === "keep") return { kind: "kept" };
      if (adoption.kind === "disagree")
        return { kind: "diverged", event: { kind: "diverged", detail: adoption.detail } };
      const { overrides } = durable;
      durable = adoptInto(durable, adoption.found);
      isAdopted = true;
      return adopted(adoption.found, overrides, durable);
    },
    async commit(change, under) {
      if (!under.isFailsafe && (await readBack())) return { kind: "refused", because: "conflict" };
      if (unsettled) return { kind: "refused", because: "unkept" };
      const commit = toCommit(deps, change, { ...under, head, isWhole: isAdopted });
      unsettled = { commit, change };
      if (under.isFailsafe) {
        await takeUp();
        return unsettled ? { kind: "refused", because: "unkept" } : { kind: "committed" };
      }
      const result = await deps.store.commit(commit);
      unsettled = undefined;
      if (result.kind !== "committed") return { kind: "refused", because: result.kind };
      accept({ commit, change });
      return { kind: "committed" };
    },
  };
}

/** The stored configuration as this version reads it; a follower loads the world at every commit, and it seldom changes. */
function makeConfigReader(): (stored: StoredWorld) => Config {
  let read: { readonly revision: number; readonly config: Config } | undefined;
  return ({ configRevision, config }) => {
    if (read?.revision !== configRevision) read = { revision: configRevision, config: withNewSettings(config) };
    return read.config;
  };
}

/** The event that tells of an adoption, with the overrides that it ended. */
function adopted({ snapshot, from }: Found, before: Durable["overrides"], after: Durable): AdoptionOutcome {
  const { fence } = snapshot;
  const ended = before.filter((override) => !after.overrides.includes(override)).map(({ id }) => id);
  return { kind: "adopted", event: { kind: "adopted", fence, from, ended } };
}

const emptyWorld = (config: Config): Durable => ({
  installation: config.installation,
  sequence: 0,
  configRevision: 0,
  config,
  services: {},
  overrides: [],
  snapshot: undefined,
});

function restore(deps: Deps, stored: StoredWorld): Durable {
  const { snapshotEnvelope, ...rest } = stored;
  const snapshot = openSnapshot(deps.keyring, snapshotEnvelope, "openKept");
  return { ...rest, installation: stored.config.installation, snapshot };
}

type Base = { readonly head: number | undefined; readonly isWhole: boolean };

function toCommit(deps: Deps, change: Change, under: Under & Base): Commit {
  const { durable, snapshot } = change;
  return {
    id: randomUUID(),
    epoch: under.epoch,
    sequenceBefore: under.head ?? 0,
    sequence: durable.sequence,
    at: under.at,
    by: deps.name,
    services: under.isWhole ? durable.services : change.servicesChanged,
    servicesRemoved: change.servicesRemoved,
    overrides: durable.overrides,
    decisions: change.decisions,
    events: under.events,
    ...(change.isConfigNew || under.isWhole || under.head === undefined
      ? { config: { revision: durable.configRevision, config: durable.config } }
      : {}),
    ...(snapshot
      ? {
          snapshot: {
            envelope: deps.signer.sign("snapshot", snapshot),
            epoch: snapshot.fence.epoch,
            sequence: snapshot.fence.sequence,
          },
        }
      : {}),
  };
}
