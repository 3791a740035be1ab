import type { Config, Decision, Durable, Found } from "@sluice/core";
import type { Store } from "@sluice/ports";
import type { Keyring, Logger } from "@sluice/runtime";
import { openSnapshot } from "../adoption.ts";
import { gaps } from "./chain.ts";
import type { EntryLog, KeptEntry } from "./entry-log.ts";
import { keptByAll } from "./kept-by-all.ts";
import type { FailsafePeers } from "./peers.ts";
import { replay } from "./replay.ts";

/** Brings what was decided in failsafe into the store, each entry once, whoever leads by then. */
export interface WriteBack {
  /** Everything that this arbiter and those it reaches keep, in order; refused when the store, or the lead, is another's by now. */
  run(durable: Durable, as: Writer): Promise<"nothing" | "written" | "refused">;
  /** Whether anybody keeps what the store has not. */
  isNeeded(config: Config): Promise<boolean>;
  /** What the kept entries would have served, as something that a new leader has found. */
  found(): readonly Found[];
  /** What the kept entries decided, newest first. */
  decisions(): readonly Decision[];
  /** Lets go of what the store has. */
  tidy(): Promise<void>;
}

/** Who writes. `mayWrite` is asked right before each write: the machine may have been suspended during the read before it. */
export type Writer = { readonly epoch: number; readonly mayWrite: () => boolean };

type Deps = {
  readonly name: string;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly log: EntryLog;
  readonly peers: FailsafePeers;
  readonly logger: Logger;
};

export function makeWriteBack(deps: Deps): WriteBack {
  const { name, store, keyring, log } = deps;
  /** A commit whose outcome was lost. Who keeps the entry may have let go of it since, and then nobody else brings it up. */
  let unsettled: string | undefined;

  async function writeOne({ entry }: KeptEntry, durable: Durable, { epoch, mayWrite }: Writer): Promise<boolean> {
    const world = await store.load();
    if (!mayWrite()) return false;
    const stored = world && { ...world, snapshot: openSnapshot(keyring, world.snapshotEnvelope, "openKept") };
    unsettled = entry.commit.id;
    const result = await store.commit(replay(entry, stored, { epoch, by: name, durable }));
    unsettled = undefined;
    return result.kind === "committed";
  }

  /** Whether it is in after all, and the store so a commit further than whoever asks may know. */
  async function readBack(): Promise<boolean> {
    const isIn = unsettled !== undefined && (await store.committed(unsettled));
    unsettled = undefined;
    return isIn;
  }

  return {
    async run(durable, as) {
      let done: "nothing" | "written" = (await readBack()) ? "written" : "nothing";
      let previous: KeptEntry | undefined;
      for await (const kept of keptByAll(deps, durable.config)) {
        for (const gap of gaps(previous ? [previous, kept] : [kept])) deps.logger.error({ event: "failsafe-gap" }, gap);
        previous = kept;
        if (await store.committed(kept.entry.commit.id)) continue;
        if (!(await writeOne(kept, durable, as))) return "refused";
        done = "written";
      }
      return done;
    },
    async isNeeded(config) {
      for await (const { entry } of keptByAll(deps, config)) if (!(await store.committed(entry.commit.id))) return true;
      return false;
    },
    found: () =>
      log.all().flatMap(({ entry }) => {
        const snapshot = openSnapshot(keyring, entry.commit.snapshot?.envelope, "open");
        return snapshot ? [{ from: `the failsafe journal of ${entry.leader}`, snapshot }] : [];
      }),
    decisions: () =>
      log
        .all()
        .flatMap(({ entry }) => entry.commit.decisions)
        .toReversed(),
    async tidy() {
      for (const kept of log.all()) if (await store.committed(kept.entry.commit.id)) await log.remove(kept);
    },
  };
}
