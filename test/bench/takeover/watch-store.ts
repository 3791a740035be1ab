import type { JournalEntry } from "@sluice/core";
import { sleep } from "@sluice/runtime";
import type { Postgres } from "@sluice/store-postgres";

/** Who wrote what, as the store itself has it. */
export interface Watched {
  /** The first write of somebody else than `old`, and when it was seen; undefined so far. */
  taken(old: string): { readonly holder: string; readonly epoch: number; readonly at: number } | undefined;
  whyNotTaken(old: string): string | undefined;
  entriesSinceTaken(old: string): readonly JournalEntry[];
  /** Everybody whom the lease row named since. */
  holdersSince(old: string): readonly string[];
}

const lookEveryMs = 10;
const pageMax = 500;

/** Reads journal and lease row again and again until the signal: what is seen was written by then, at most a look before. */
export async function watchStore({ store, lease }: Postgres, signal: AbortSignal): Promise<Watched> {
  const entries: { readonly entry: JournalEntry; readonly at: number }[] = [];
  const rows: { readonly holder: string; readonly epoch: number; readonly at: number }[] = [];
  let after = (await store.head())?.lastEventId ?? 0;
  const look = async (): Promise<void> => {
    const row = await lease.read();
    const last = rows.at(-1);
    if (row && (last?.epoch !== row.epoch || last.holder !== row.holder))
      rows.push({ holder: row.holder, epoch: row.epoch, at: performance.now() });
    const page = await store.events(after, pageMax);
    for (const entry of page) entries.push({ entry, at: performance.now() });
    after = page.at(-1)?.id ?? after;
  };
  void (async () => {
    while (!signal.aborted) {
      await look().catch(() => undefined);
      await sleep(lookEveryMs, signal);
    }
  })();
  const firstOf = (old: string) => entries.find(({ entry }) => entry.by !== old);
  return {
    taken(old) {
      const first = firstOf(old);
      const row = rows.findLast(({ holder }) => holder === first?.entry.by);
      return first && row && { holder: row.holder, epoch: row.epoch, at: first.at };
    },
    whyNotTaken: (old) => (firstOf(old) ? undefined : `nobody but ${old} has written`),
    entriesSinceTaken(old) {
      const id = firstOf(old)?.entry.id ?? Number.POSITIVE_INFINITY;
      return entries.map(({ entry }) => entry).filter((entry) => entry.id >= id);
    },
    holdersSince(old) {
      const from = rows.findIndex(({ holder }) => holder !== old);
      return from < 0 ? [] : rows.slice(from).map(({ holder }) => holder);
    },
  };
}
