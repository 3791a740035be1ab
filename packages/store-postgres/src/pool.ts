import { SluiceError } from "@sluice/core";
import pg from "pg";

export type Client = pg.PoolClient;
export type Row = Readonly<Record<string, unknown>>;

/** Tries at a transaction that the database asks to run again (40001: CockroachDB and serializable Postgres). */
const retriesMax = 5;

/** Answers of the server that are our own mistakes, not its absence: SQL, types, constraints. They are not transient. */
const ownMistake = /^(22|23|42)/;

export type Database = {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `work` in one transaction; it may run several times, so it must have no effect but its statements. */
  transaction<T>(work: (query: Database["query"]) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** A pool with every time-out set: a database that hangs must cost a leader its turn, not its lease. */
export function openDatabase(options: {
  readonly url: string;
  readonly max: number;
  readonly log: (message: string) => void;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_500,
    statement_timeout: 1_500,
    lock_timeout: 1_000,
    idle_in_transaction_session_timeout: 3_000,
    keepAlive: true,
    application_name: "sluice",
  });
  // An idle connection that the server ends would otherwise end the process.
  pool.on("error", (error) => options.log(`an idle database connection ended: ${error.message}`));
  const wrapped = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error);
    }
  };
  return {
    query: (text, values = []) => wrapped(async () => (await pool.query(text, [...values])).rows as Row[]),
    transaction: (work) => wrapped(() => inTransaction(pool, work)),
    close: () => pool.end(),
  };
}

async function inTransaction<T>(pool: pg.Pool, work: (query: Database["query"]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await pool.connect();
    const onError = (): void => undefined;
    client.on("error", onError);
    let broken: Error | undefined;
    try {
      await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
      const result = await work(async (text, values = []) => (await client.query(text, [...values])).rows as Row[]);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      if ((error as { code?: string }).code !== "40001" || attempt >= retriesMax) throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }
}

function toStoreError(error: unknown): Error {
  if (error instanceof SluiceError) return error;
  const { code, message } = error as { code?: string; message: string };
  if (code !== undefined && ownMistake.test(code)) return error as Error;
  const hint = "Is the database up, and does DATABASE_URL name it? Nothing was changed, or the outcome is read back.";
  return new SluiceError("STORE_UNAVAILABLE", `the database did not answer: ${message}`, {
    hint,
    cause: error,
    transient: true,
  });
}

/** int8 comes as text; our numbers stay far below 2^53. */
export const toNumber = (value: unknown): number => Number(value);
