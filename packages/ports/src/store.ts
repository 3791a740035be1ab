import type {
  Config,
  Decision,
  Durable,
  Envelope,
  EpochMs,
  Event,
  JournalEntry,
  ServiceName,
  ServiceState,
} from "@sluice/core";

/** What one leader writes at once: all of it or nothing, and only under its epoch. */
export type Commit = {
  /** Chosen by the caller at random, so that an unknown outcome can be read back (`committed`). */
  readonly id: string;
  readonly epoch: number;
  /** The head it builds on: the store refuses when another sequence is there. */
  readonly sequenceBefore: number;
  readonly sequence: number;
  readonly at: EpochMs;
  /** Who holds the lease: the store refuses when another one does. */
  readonly by: string;
  /** Changed services only. */
  readonly services: Readonly<Record<ServiceName, ServiceState>>;
  readonly servicesRemoved: readonly ServiceName[];
  readonly overrides: Durable["overrides"];
  /** Only when the commit brings a new revision. */
  readonly config?: { readonly revision: number; readonly config: Config };
  readonly decisions: readonly Decision[];
  /** They happened at `at`. */
  readonly events: readonly Event[];
  /** The signed snapshot, when what is served changed. */
  readonly snapshot?: { readonly envelope: Envelope; readonly epoch: number; readonly sequence: number };
};

export type CommitResult =
  | { readonly kind: "committed"; readonly lastEventId: number }
  /** Another epoch, or another holder, is in the lease row. */
  | { readonly kind: "fenced"; readonly epoch: number }
  /** The head moved under us: reload. */
  | { readonly kind: "conflict"; readonly sequence: number };

/** What the store holds, without the parsed snapshot: the shell opens the envelope. */
export type StoredWorld = Omit<Durable, "snapshot" | "installation"> & {
  readonly snapshotEnvelope: Envelope | undefined;
};

export type Head = {
  readonly sequence: number;
  readonly configRevision: number;
  /** Id of the newest journal entry. */
  readonly lastEventId: number;
};

/** An event and when it happened, which may be some time before it is written down. */
export type DatedEvent = { readonly at: EpochMs; readonly event: Event };

/** The durable world. Laws in `laws/store.ts`; every implementation passes them. Methods reject with STORE_UNAVAILABLE. */
export interface Store {
  /** Makes or raises the schema. Safe to run from several processes at once. */
  migrate(): Promise<void>;
  /** Undefined when nothing was ever committed. */
  load(): Promise<StoredWorld | undefined>;
  /** Cheap: followers poll it. */
  head(): Promise<Head | undefined>;
  commit(commit: Commit): Promise<CommitResult>;
  /** Whether the commit of this id is in: for outcomes unknown after a lost connection. */
  committed(id: string): Promise<boolean>;
  /** Adds events that change nothing durable, under the epoch. */
  append(page: {
    readonly epoch: number;
    readonly by: string;
    readonly entries: readonly DatedEvent[];
  }): Promise<
    { readonly kind: "appended"; readonly lastEventId: number } | { readonly kind: "fenced"; readonly epoch: number }
  >;
  /** Journal entries with an id above `after`, oldest first. `limit` is at most 1,000. */
  events(after: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Decisions, newest first. */
  decisions(limit: number): Promise<readonly Decision[]>;
  close(): Promise<void>;
}
