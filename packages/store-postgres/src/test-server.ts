import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";

/** A database of its own for one test, empty. */
export type TestDatabase = {
  readonly url: string;
  /** Asks past our own code: to look, to tamper, to break. */
  readonly ask: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly drop: () => Promise<void>;
};

export type TestServer = { readonly makeDatabase: () => Promise<TestDatabase>; readonly stop: () => Promise<void> };

/** A directory that the server's user may pass through too, when we are root. */
export async function makeTestDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-postgres-"));
  await chmod(directory, 0o755);
  return directory;
}

/** An embedded server in a directory of its own. */
async function startServerForTest(): Promise<EmbeddedPostgres> {
  const directory = await makeTestDirectory();
  const server = await startEmbeddedPostgres({ directory: join(directory, "a b"), log: () => undefined });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...server, stop };
}

/** The server that SLUICE_TEST_DATABASE_URL leads to, or an embedded one. */
export async function openTestServer(): Promise<TestServer> {
  const given = process.env["SLUICE_TEST_DATABASE_URL"];
  if (given !== undefined && given !== "") return { makeDatabase: () => makeDatabase(given), stop: async () => {} };
  const server = await startServerForTest();
  return { makeDatabase: () => makeDatabase(server.url), stop: () => server.stop() };
}

async function makeDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `sluice_test_${randomBytes(6).toString("hex")}`;
  await askOnce(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    ask: (sql) => askOnce(url.href, sql),
    drop: async () => void (await askOnce(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function askOnce(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
