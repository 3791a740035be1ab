import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, toNumber } from "./pool.ts";

const directory = join(import.meta.dirname, "sql");

/** Applies the numbered SQL files that are not in yet, each in one transaction with its number; safe from several processes. */
export async function migrate(database: Database): Promise<void> {
  await createVersionTable(database);
  for (const file of (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort()) {
    const version = Number(file.slice(0, 6));
    const text = await readFile(join(directory, file), "utf8");
    await database.transaction(async (query) => {
      // The row lock serialises those who come at once: the second waits, sees the number, and does nothing.
      const rows = await query("SELECT version FROM schema_version WHERE name = 'sluice' FOR UPDATE");
      if (toNumber(rows[0]?.["version"] ?? 0) >= version) return;
      for (const statement of statements(text)) await query(statement);
      await query("UPDATE schema_version SET version = $1 WHERE name = 'sluice'", [version]);
    });
  }
}

/** Two that create the same table at once can both fail on the catalogue's unique index, so the loser looks again. */
async function createVersionTable(database: Database): Promise<void> {
  const create = "CREATE TABLE IF NOT EXISTS schema_version (name text PRIMARY KEY, version bigint NOT NULL)";
  try {
    await database.query(create);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "23505" && code !== "42P07") throw error;
    await database.query(create);
  }
  await database.query("INSERT INTO schema_version (name, version) VALUES ('sluice', 0) ON CONFLICT (name) DO NOTHING");
}

const statements = (text: string): readonly string[] =>
  text
    .replace(/^--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
