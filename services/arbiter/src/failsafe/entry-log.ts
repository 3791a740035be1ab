import type { Envelope } from "@sluice/core";
import type { Keyring } from "@sluice/runtime";
import type { KeptFiles } from "./kept-files.ts";
import { type Entry, hashOf, openMessage } from "./messages.ts";

/** Entries of failsafe journals on this arbiter's disk, its own and others': they stay until the store has them. */
export interface EntryLog {
  load(): Promise<void>;
  /** In the order of their making. */
  all(): readonly KeptEntry[];
  /** Writes it down, and resolves when it is on disk. The same one again is no mistake. */
  add(entry: Entry, envelope: Envelope): Promise<void>;
  remove(kept: KeptEntry): Promise<void>;
}

export type KeptEntry = {
  readonly name: string;
  readonly entry: Entry;
  readonly envelope: Envelope;
  readonly hash: string;
};

/** A leader in failsafe decides little; this is only so that nothing grows without end. */
export const entriesMax = 1_000;
/** All of them are in memory too. Unit: bytes. */
const bytesMax = 512 * 1024 * 1024;

export function makeEntryLog(files: KeptFiles, keyring: Keyring): EntryLog {
  const kept = new Map<string, KeptEntry>();
  return {
    async load() {
      for (const file of await files.list()) {
        if (!file.startsWith(prefix)) continue;
        const found = keptFrom(keyring, await files.read(file));
        if (found) kept.set(found.name, found);
      }
    },
    all: () => [...kept.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    async add(entry, envelope) {
      const name = nameOf(entry);
      const hash = hashOf(envelope);
      const known = kept.get(name);
      if (known?.hash === hash) return;
      if (known) throw new Error(`${name} is another entry`);
      const bytes = [...kept.values()].reduce((sum, each) => sum + each.envelope.payload.length, 0);
      if (kept.size >= entriesMax || bytes + envelope.payload.length > bytesMax)
        throw new Error("the failsafe journal is full");
      await files.write(name, `${JSON.stringify(envelope)}\n`);
      kept.set(name, { name, entry, envelope, hash });
    },
    async remove({ name }) {
      await files.remove(name);
      kept.delete(name);
    },
  };
}

/** An entry as it was written down, or as another arbiter tells it. */
export function keptFrom(keyring: Keyring, text: unknown): KeptEntry | undefined {
  const envelope = (typeof text === "string" ? parsed(text) : text) as Envelope;
  const entry = openMessage(keyring, envelope);
  return entry?.kind === "entry" ? { name: nameOf(entry), entry, envelope, hash: hashOf(envelope) } : undefined;
}

const prefix = "entry-";
const digits = 15;

/** The order of the names is that of the making: by epoch, and within it by number. */
const nameOf = ({ epoch, number, leader }: Entry): string =>
  `${prefix}${String(epoch).padStart(digits, "0")}-${String(number).padStart(digits, "0")}-${leader}.json`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
