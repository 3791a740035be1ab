import pg from "pg";
import { unavailable } from "./unavailable.ts";

export type Row = Readonly<Record<string, unknown>>;

/** One connection, or one transaction on it. Rejects with STORE_UNAVAILABLE, and with nothing else. */
export interface Db {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

interface Connection extends Db {
  /** Gives it back to the pool, or ends it when nobody can know what state it is in. */
  release(isBroken: boolean): void;
}

export interface Pool {
  connect(): Promise<Connection>;
  close(): Promise<void>;
}

/** A leader stops writing 8 s after its last renewal; a statement that takes longer than this is better given up. */
const statementTimeoutMs = 1_500;

type PoolOptions = {
  readonly connectionsMax: number;
  /** Instead of the usual 1.5 s, for schema changes. */
  readonly statementTimeoutMs?: number;
};

/** A pool whose connections may break at any moment without taking the process with them. */
export function makePool(options: { url: string; log: (message: string) => void }, limits: PoolOptions): Pool {
  const statementMs = limits.statementTimeoutMs ?? statementTimeoutMs;
  const pool = new pg.Pool({
    connectionTimeoutMillis: 2_000,
    statement_timeout: statementMs,
    lock_timeout: 1_000,
    idle_in_transaction_session_timeout: 3_000,
    // The server enforces the three above; this one is for a server that has gone silent.
    query_timeout: statementMs + 1_000,
    connectionString: options.url,
    max: limits.connectionsMax,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    application_name: "sluice",
    // The pool listens only while a connection is idle; a server may also die between two statements of a transaction.
    onConnect: (client) => prepare(client.on("error", () => {})),
  });
  pool.on("error", (error) => options.log(`a database connection was lost: ${error.message}`));
  let ended: Promise<void> | undefined;
  return {
    connect: async () => {
      try {
        return toConnection(await pool.connect());
      } catch (error) {
        throw unavailable(error);
      }
    },
    close: () => (ended ??= pool.end()),
  };
}

/** Dates must read alike on every connection, as the lease compares their text; and a standby that only reads won't do. */
async function prepare(client: pg.ClientBase): Promise<void> {
  await client.query("SET timezone = 'UTC'; SET datestyle = 'ISO'");
  const { rows } = await client.query<Row>("SHOW transaction_read_only");
  if (rows[0]?.["transaction_read_only"] === "on") throw new Error("the server only reads: it is a standby");
}

const toConnection = (client: pg.PoolClient): Connection => ({
  async query(text, values) {
    try {
      const { rows } = await client.query<Row>(text, values && [...values]);
      return rows;
    } catch (error) {
      throw unavailable(error);
    }
  },
  release: (isBroken) => client.release(isBroken),
});
