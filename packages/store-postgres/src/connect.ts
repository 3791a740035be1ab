import { Socket } from "node:net";
import pg from "pg";
import { firstOf } from "./first-of.ts";
import { serversOf } from "./servers.ts";
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
  /** Makes the tables. Absent: whoever uses it is making them. */
  mend?(): Promise<void>;
  close(): Promise<void>;
}

/** A leader stops writing 8 s after its last renewal; a statement that takes longer than this is better given up. */
const statementTimeoutMs = 1_500;

type PoolOptions = {
  readonly connectionsMax: number;
  /** Instead of the usual 1.5 s, for schema changes. */
  readonly statementTimeoutMs?: number;
};

/** A server that hasn't taken a connection for so long may be dead, and the next one is tried beside it. Unit: milliseconds. */
const nextServerMs = 300;
/** How long a connection may take to say goodbye: a server that stands still never would. Unit: milliseconds. */
const goodbyeMs = 1_000;

/** A pool whose connections may break at any moment without taking the process with them; of several servers, one that writes. */
export function makePool(options: { url: string; log: (message: string) => void }, limits: PoolOptions): Pool {
  let servers = serversOf(options.url).map((url) => makeServer({ ...options, url }, limits));
  let ended: Promise<unknown> | undefined;

  return {
    connect: async () => {
      const ways = servers.map((server) => async () => ({ server, client: await server.pool.connect() }));
      try {
        const { server, client } = await firstOf(ways, nextServerMs, (late) => late.client.release());
        // Who served last is the likeliest to be the primary still.
        if (servers[0] !== server) servers = [server, ...servers.filter((other) => other !== server)];
        return toConnection(client);
      } catch (error) {
        throw unavailable(error);
      }
    },
    close: async () => void (await (ended ??= Promise.all(servers.map((server) => server.close())))),
  };
}

type Server = { readonly pool: pg.Pool; close(): Promise<void> };

function makeServer(options: { url: string; log: (message: string) => void }, limits: PoolOptions): Server {
  const statementMs = limits.statementTimeoutMs ?? statementTimeoutMs;
  const sockets = new Set<Socket>();
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
    stream: () => kept(new Socket(), sockets),
    // The pool listens only while a connection is idle; a server may also die between two statements of a transaction.
    onConnect: (client) => prepare(client.on("error", () => {})),
  });
  pool.on("error", (error) => options.log(`a database connection was lost: ${error.message}`));
  return {
    pool,
    async close() {
      const late = setTimeout(() => sockets.forEach((socket) => socket.destroy()), goodbyeMs);
      await pool.end();
      clearTimeout(late);
    },
  };
}

function kept(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  return socket.once("close", () => sockets.delete(socket));
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
