import { createHash } from "node:crypto";
import type { DatedEvent } from "@sluice/ports";

/**
 * The journal is a chain: each line's hash covers the line and the hash before it, so nobody changes or drops one without
 * breaking all that follow. It tells that somebody did, it doesn't prevent it: who can rewrite the whole table can rehash it.
 */
export type JournalLine = JournalEnd & {
  /** The entry as canonical JSON, byte for byte what was hashed. */
  readonly entry: string;
};

/** Where the chain ends: the last id and hash. */
export type JournalEnd = { readonly id: number; readonly hash: string };

/** What is added at once. */
export type JournalPage = {
  readonly epoch: number;
  readonly by: string;
  readonly entries: readonly DatedEvent[];
};

/** The end of an empty journal, and what the first line is hashed with. */
export const journalStart: JournalEnd = { id: 0, hash: "0".repeat(64) };

/** sha256(hash before ‖ entry), in hexadecimal. The hash before is its 64 characters. */
export const journalHash = (before: string, entry: string): string =>
  createHash("sha256").update(before).update(entry).digest("hex");

export function link(end: JournalEnd, page: JournalPage): readonly JournalLine[] {
  const lines: JournalLine[] = [];
  let { id, hash } = end;
  for (const { at, event } of page.entries) {
    id += 1;
    const entry = canonical({ id, at, by: page.by, epoch: page.epoch, event });
    hash = journalHash(hash, entry);
    lines.push({ id, entry, hash });
  }
  return lines;
}

/** JSON with sorted keys: one text for one value. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
