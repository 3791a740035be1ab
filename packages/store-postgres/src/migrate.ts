import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Db, makePool } from "./connect.ts";
import { wholeOf } from "./rows.ts";
import { onConnection, readWrite, transaction } from "./transaction.ts";
import { sqlState } from "./unavailable.ts";

const folder = join(import.meta.dirname, "migrations");
const attemptsMax = 20;
const pauseMs = 50;

/**
 * What a server answers to the one of two who came second: it exists already (PostgreSQL's IF NOT EXISTS is no lock), the
 * catalogue changed under it, or the first still holds the row.
 */
const cameSecond: ReadonlySet<string> = new Set(["23505", "42P07", "42710", "XX000", "55P03", "40001"]);

/**
 * Makes or raises the schema. Several may do so at once: they queue for the row of `sluice_schema`, and each migration can be
 * run twice, since not every server takes schema changes back with the transaction.
 */
export async function migrate(url: string): Promise<void> {
  const pool = makePool({ url, log: () => {} }, { connectionsMax: 1, statementTimeoutMs: 15_000 });
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await onConnection(pool, makeLedger);
        return await transaction(pool, readWrite, raise);
      } catch (error) {
        if (!cameSecond.has(sqlState(error)) || attempt === attemptsMax) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    await pool.close();
  }
}

async function makeLedger(db: Db): Promise<void> {
  await db.query("CREATE TABLE IF NOT EXISTS sluice_schema (name text PRIMARY KEY, version bigint NOT NULL)");
  await db.query("INSERT INTO sluice_schema (name, version) VALUES ('sluice', 0) ON CONFLICT (name) DO NOTHING");
}

async function raise(db: Db): Promise<void> {
  const [row] = await db.query("SELECT version FROM sluice_schema WHERE name = 'sluice' FOR UPDATE");
  const version = row ? wholeOf(row, "version") : 0;
  for (const migration of await migrations()) {
    if (migration.version <= version) continue;
    await db.query(migration.sql);
    await db.query("UPDATE sluice_schema SET version = $1 WHERE name = 'sluice'", [migration.version]);
  }
}

async function migrations(): Promise<readonly { readonly version: number; readonly sql: string }[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      sql: await readFile(join(folder, name), "utf8"),
    })),
  );
}
