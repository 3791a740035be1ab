import { createHash } from "node:crypto";

export type ChainEntry = { readonly id: number; readonly at: number; readonly by: string; readonly body: string };

/** The next hash of the journal: an entry edited, deleted or moved breaks every hash after it. */
export function chain(before: string, entry: ChainEntry): string {
  const text = JSON.stringify([before, entry.id, entry.at, entry.by, entry.body]);
  return createHash("sha256").update(text).digest("hex");
}
