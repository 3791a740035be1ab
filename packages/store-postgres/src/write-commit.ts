import type { Event } from "@sluice/core";
import type { Commit, CommitResult } from "@sluice/ports";
import { chain } from "./chain.ts";
import { type Database, type Row, toNumber } from "./pool.ts";

type Query = Database["query"];

/**
 * One commit: all of it or nothing. The lease row is locked first, so a takeover waits for us or we see its epoch; then the
 * head is compared and everything written. Answers why not when the epoch or the head is another.
 */
export async function writeCommit(query: Query, commit: Commit): Promise<CommitResult> {
  const epoch = await lockEpoch(query);
  if (epoch !== commit.epoch) return { kind: "fenced", epoch };
  const world = await lockWorld(query);
  const sequence = toNumber(world?.["sequence"] ?? 0);
  if (sequence !== commit.sequenceBefore) return { kind: "conflict", sequence };
  await writeServices(query, commit);
  if (commit.config) {
    const { revision, config } = commit.config;
    const insert = "INSERT INTO config_revision (revision, config, at_ms, by_name) VALUES ($1, $2, $3, $4)";
    await query(insert, [revision, JSON.stringify(config), commit.at, commit.by]);
  }
  for (const decision of commit.decisions) {
    await query("INSERT INTO decision (sequence, epoch, body) VALUES ($1, $2, $3)", [
      decision.sequence,
      commit.epoch,
      JSON.stringify(decision),
    ]);
  }
  const insert = "INSERT INTO commit_record (id, epoch, sequence, at_ms) VALUES ($1, $2, $3, $4)";
  await query(insert, [commit.id, commit.epoch, commit.sequence, commit.at]);
  await writeWorld(query, commit, world);
  return { kind: "committed", lastEventId: await writeEvents(query, commit) };
}

/** Events alone, under the epoch. */
export async function writeAppend(
  query: Query,
  entries: { readonly epoch: number; readonly at: number; readonly by: string; readonly events: readonly Event[] },
): Promise<{ kind: "appended"; lastEventId: number } | { kind: "fenced"; epoch: number }> {
  const epoch = await lockEpoch(query);
  if (epoch !== entries.epoch) return { kind: "fenced", epoch };
  await lockWorld(query);
  return { kind: "appended", lastEventId: await writeEvents(query, entries) };
}

async function lockEpoch(query: Query): Promise<number> {
  const rows = await query("SELECT epoch FROM lease WHERE name = 'arbiter' FOR UPDATE");
  return toNumber(rows[0]?.["epoch"] ?? 0);
}

/** The head, locked. An empty one is made for the first writer; its config revision stays -1 until there is one. */
async function lockWorld(query: Query): Promise<Row | undefined> {
  await query(
    `INSERT INTO world (name, sequence, config_revision, overrides, last_event_id, last_hash)
     VALUES ('sluice', 0, -1, '[]', 0, '') ON CONFLICT (name) DO NOTHING`,
  );
  return (await query("SELECT sequence, config_revision FROM world WHERE name = 'sluice' FOR UPDATE"))[0];
}

async function writeServices(query: Query, commit: Commit): Promise<void> {
  for (const [service, state] of Object.entries(commit.services)) {
    const upsert =
      "INSERT INTO service_state (service, state) VALUES ($1, $2) ON CONFLICT (service) DO UPDATE SET state = excluded.state";
    await query(upsert, [service, JSON.stringify(state)]);
  }
  if (commit.servicesRemoved.length > 0)
    await query("DELETE FROM service_state WHERE service = ANY($1)", [commit.servicesRemoved]);
}

async function writeWorld(query: Query, commit: Commit, before: Row | undefined): Promise<void> {
  const revision = commit.config?.revision ?? toNumber(before?.["config_revision"] ?? -1);
  await query("UPDATE world SET sequence = $1, config_revision = $2, overrides = $3 WHERE name = 'sluice'", [
    commit.sequence,
    revision,
    JSON.stringify(commit.overrides),
  ]);
  if (!commit.snapshot) return;
  const { envelope, epoch, sequence } = commit.snapshot;
  const update = "UPDATE world SET snapshot = $1, snapshot_epoch = $2, snapshot_sequence = $3 WHERE name = 'sluice'";
  await query(update, [JSON.stringify(envelope), epoch, sequence]);
}

async function writeEvents(
  query: Query,
  from: { epoch: number; at: number; by: string; events: readonly Event[] },
): Promise<number> {
  const rows = await query("SELECT last_event_id, last_hash FROM world WHERE name = 'sluice'");
  let id = toNumber(rows[0]?.["last_event_id"] ?? 0);
  const lastHash = rows[0]?.["last_hash"];
  let hash = typeof lastHash === "string" ? lastHash : "";
  for (const event of from.events) {
    id += 1;
    const body = JSON.stringify(event);
    hash = chain(hash, { id, at: from.at, by: from.by, body });
    const insert = "INSERT INTO journal (id, epoch, at_ms, by_name, body, hash) VALUES ($1, $2, $3, $4, $5, $6)";
    await query(insert, [id, from.epoch, from.at, from.by, body, hash]);
  }
  await query("UPDATE world SET last_event_id = $1, last_hash = $2 WHERE name = 'sluice'", [id, hash]);
  return id;
}
