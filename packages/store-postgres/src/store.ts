import { invariant } from "@sluice/core";
import type { Commit, CommitResult, Store } from "@sluice/ports";
import type { Db, Pool } from "./connect.ts";
import { migrate } from "./migrate.ts";
import { addDecisions } from "./sql/add-decisions.ts";
import { addEvents } from "./sql/add-events.ts";
import { findCommit } from "./sql/find-commit.ts";
import { loadWorld } from "./sql/load-world.ts";
import { lockHead } from "./sql/lock-head.ts";
import { lockLease } from "./sql/lock-lease.ts";
import { moveHead } from "./sql/move-head.ts";
import { readDecisions } from "./sql/read-decisions.ts";
import { readEvents } from "./sql/read-events.ts";
import { readHead } from "./sql/read-head.ts";
import { recordCommit } from "./sql/record-commit.ts";
import { writeConfig } from "./sql/write-config.ts";
import { writeServices } from "./sql/write-services.ts";
import { writeWorld } from "./sql/write-world.ts";
import { onConnection, readOneState, readWrite, transaction } from "./transaction.ts";

const rowsMax = 1_000;

/** The tables. Every write locks the lease row first, so it and a takeover come one after the other. */
export function makeStore(pool: Pool, url: string): Store {
  return {
    migrate: () => migrate(url),
    load: () => transaction(pool, readOneState, loadWorld),
    head: () => onConnection(pool, readHead),
    commit: (commit) => transaction(pool, readWrite, (db) => write(db, commit)),
    committed: (id) => transaction(pool, readWrite, (db) => findCommit(db, id)),
    append: (page) =>
      transaction(pool, readWrite, async (db) => {
        const lease = await lockLease(db);
        if (isFenced(page, lease)) return { kind: "fenced", epoch: lease.epoch };
        const { journal } = await lockHead(db);
        const { id } = await addEvents(db, journal, page);
        return { kind: "appended", lastEventId: id };
      }),
    events: (after, limit) => onConnection(pool, (db) => readEvents(db, after, Math.min(limit, rowsMax))),
    decisions: (limit) => onConnection(pool, (db) => readDecisions(db, Math.min(limit, rowsMax))),
    close: () => pool.close(),
  };
}

type Writer = { readonly by: string; readonly epoch: number };

/** By its holder too: a failover that lost commits may have given out an epoch twice. */
const isFenced = ({ by, epoch }: Writer, lease: { readonly holder: string; readonly epoch: number }): boolean =>
  epoch < 1 || epoch !== lease.epoch || by !== lease.holder;

async function write(db: Db, commit: Commit): Promise<CommitResult> {
  const lease = await lockLease(db);
  if (isFenced(commit, lease)) return { kind: "fenced", epoch: lease.epoch };
  const head = await lockHead(db);
  if (commit.sequenceBefore !== head.sequence) return { kind: "conflict", sequence: head.sequence };
  invariant(commit.config || !head.isNew, "the first commit brings a configuration");
  invariant(commit.sequence > head.sequence, "the sequence grows with each commit");
  await writeConfig(db, commit);
  await writeServices(db, commit);
  await writeWorld(db, commit);
  await moveHead(db, commit);
  await addDecisions(db, commit);
  const { id } = await addEvents(db, head.journal, {
    ...commit,
    entries: commit.events.map((event) => ({ at: commit.at, event })),
  });
  await recordCommit(db, commit);
  return { kind: "committed", lastEventId: id };
}
