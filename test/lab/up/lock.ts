import { DatabaseSync } from "node:sqlite";
import { SluiceError } from "@sluice/core";
import type { Layout } from "./layout.ts";

/** Who has it starts, runs or cleans up the lab of a directory, and nobody else does meanwhile. */
export interface Lock {
  release(): void;
}

const sqliteBusy = 5;

/**
 * Undefined when somebody else has it. The system lets go of it when its holder dies, however it dies, so it can't be left
 * behind, and of two that come at the same moment one gets it. Node has no flock(2) of its own; SQLite, which comes with
 * it, takes such a lock on an empty file.
 */
export function takeLock(layout: Layout): Lock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(layout.lock);
    // The default would leave a journal file beside it.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const held = database;
    return { release: () => held.close() };
  } catch (cause) {
    if (database?.isOpen) database.close();
    if ((cause as { readonly errcode?: number }).errcode === sqliteBusy) return undefined;
    throw new SluiceError("DIRECTORY_READONLY", `cannot lock ${layout.lock}`, {
      hint: "Give --dir a directory that you may write to, on a disk of this machine.",
      cause,
    });
  }
}
