import pg from "pg";
import { unavailable } from "../unavailable.ts";
import { type Home, readPassword } from "./home.ts";
import { databaseUser } from "./initialise.ts";

const database = "sluice";

export async function connectionUrl(home: Home, port: number, name = database): Promise<string> {
  return `postgresql://${databaseUser}:${(await readPassword(home)) ?? ""}@127.0.0.1:${port}/${name}`;
}

/** Makes our database unless it is there. An earlier start may have been killed before it came to that. */
export async function ensureDatabase(home: Home, port: number): Promise<void> {
  const connectionString = await connectionUrl(home, port, "postgres");
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 30_000 });
  // Its end is reported by whoever waits for an answer.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (rows.length === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    throw unavailable(error);
  } finally {
    await client.end().catch(() => {});
  }
}
