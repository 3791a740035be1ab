import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";

/** A database of its own for one test, empty. `drop` gives it back. */
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

let shared: { readonly server: Promise<TestServer>; users: number } | undefined;

/** The server that SLUICE_TEST_DATABASE_URL leads to, or an embedded one; the test files of one process share it. */
export async function openTestServer(): Promise<TestServer> {
  const mine = (shared ??= { server: openServer(), users: 0 });
  mine.users += 1;
  const { makeDatabase, stop } = await mine.server;
  return {
    makeDatabase,
    async stop() {
      mine.users -= 1;
      if (mine.users > 0) return;
      if (shared === mine) shared = undefined;
      await stop();
    },
  };
}

async function openServer(): Promise<TestServer> {
  const given = process.env["SLUICE_TEST_DATABASE_URL"];
  if (given === undefined || given === "") {
    const server = await startServerForTest();
    return { ...makeLender(server.url), stop: () => server.stop() };
  }
  const { dropAll, ...lender } = makeLender(given);
  return { ...lender, stop: dropAll };
}

type Lender = Pick<TestServer, "makeDatabase"> & { readonly dropAll: () => Promise<void> };

/** Making and dropping a database costs more than what a test does in it, so one that a test has left is emptied and lent again. */
function makeLender(serverUrl: string): Lender {
  const all: string[] = [];
  const free: string[] = [];

  async function make(): Promise<string> {
    const name = `sluice_test_${randomBytes(6).toString("hex")}`;
    await askOnce(serverUrl, `CREATE DATABASE ${name}`);
    all.push(name);
    return name;
  }

  return {
    makeDatabase: async () => {
      const name = free.pop() ?? (await make());
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      const ask = (sql: string) => askOnce(url.href, sql);
      const drop = async (): Promise<void> => {
        await ask(emptying(name));
        free.push(name);
      };
      return { url: url.href, ask, drop };
    },
    dropAll: async () => {
      for (const name of all) await askOnce(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Ends who is still connected, and takes back whatever a test has made or set. */
const emptying = (name: string): string => `
  SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid();
  ALTER DATABASE ${name} RESET ALL;
  DO $$ DECLARE made record; BEGIN
    FOR made IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
      EXECUTE format('DROP TABLE public.%I CASCADE', made.tablename);
    END LOOP;
  END $$`;

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
