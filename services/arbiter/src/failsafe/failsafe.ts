import type { ArbiterConfig, Config, Envelope, Promised, PromiserFacts } from "@sluice/core";
import type { Clock, Store } from "@sluice/ports";
import type { Keyring, Logger, Signer } from "@sluice/runtime";
import { openSnapshot } from "../adoption.ts";
import type { SnapshotDesk } from "../snapshot-desk.ts";
import { type Asker, makeAsker } from "./asker.ts";
import { makeEntryLog } from "./entry-log.ts";
import type { KeptFiles } from "./kept-files.ts";
import { openMessage } from "./messages.ts";
import type { FailsafePeers } from "./peers.ts";
import { makePromiser } from "./promiser.ts";
import { makeWriteBack, type WriteBack } from "./write-back.ts";

/** An arbiter's part in going on without the store: it promises, it asks, it keeps a journal, and it brings that back. */
export interface Failsafe extends Asker, Pick<WriteBack, "run" | "isNeeded" | "found" | "decisions"> {
  load(): Promise<void>;
  /** Lets go of what binds no more, and of what the store has. */
  tidy(): Promise<void>;
  isBound(): boolean;
  promised(): Promised | undefined;
  /** What another arbiter asks or brings; undefined: nothing is to be said to that. */
  answer(value: unknown): Promise<Envelope | undefined>;
  /** The first kept entry with a name after that one. */
  next(after: string): Envelope | undefined;
  kept(): number;
}

type Deps = {
  readonly name: string;
  readonly clock: Clock;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly signer: Signer;
  readonly logger: Logger;
  readonly desk: SnapshotDesk;
  /** Where promises and entries outlive the process, and the way to the others. */
  readonly files: KeptFiles;
  readonly peers: FailsafePeers;
  readonly arbiters: () => readonly ArbiterConfig[];
  readonly facts: () => Omit<PromiserFacts, "promised">;
};

export function makeFailsafe(deps: Deps): Failsafe {
  const { keyring } = deps;
  let isLoaded = false;
  const log = makeEntryLog(deps.files, keyring);
  const writeBack = makeWriteBack({ ...deps, log });
  const promiser = makePromiser({
    ...deps,
    log,
    // It is in two places now, and nodes may reach this arbiter alone.
    onKept({ commit }) {
      const snapshot = openSnapshot(keyring, commit.snapshot?.envelope, "open");
      if (snapshot && commit.snapshot) deps.desk.offer(snapshot, commit.snapshot.envelope);
    },
  });
  return {
    ...makeAsker({ ...deps, log }),
    run: (durable, as) => writeBack.run(durable, as),
    isNeeded: (config) => writeBack.isNeeded(config),
    found: () => writeBack.found(),
    decisions: () => writeBack.decisions(),
    async load() {
      if (isLoaded) return;
      await log.load();
      await promiser.load();
      isLoaded = true;
    },
    async tidy() {
      await promiser.tidy();
      if (log.all().length > 0) await writeBack.tidy();
    },
    isBound: () => promiser.isBound(),
    promised: () => promiser.promised(),
    answer: (value) => promiser.answer(value),
    // One whose key was revoked since would be no answer to whoever asks, and would hide all that come after it.
    next: (after) => log.all().find(({ name, envelope }) => name > after && openMessage(keyring, envelope))?.envelope,
    kept: () => log.all().length,
  };
}

/** Of an arbiter that was given nowhere to keep a promise: it makes none, and goes on without the store by none. */
export const noFailsafe: Failsafe = {
  load: async () => undefined,
  tidy: async () => undefined,
  isBound: () => false,
  promised: () => undefined,
  answer: async () => undefined,
  next: () => undefined,
  kept: () => 0,
  round: async () => ({ kind: "too-few", because: "it has nowhere to keep its journal" }),
  epochHeard: () => 0,
  record: async () => false,
  run: async () => "nothing",
  isNeeded: async (_config: Config) => false,
  found: () => [],
  decisions: () => [],
};
