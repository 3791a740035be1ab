import type { Db, Pool } from "./connect.ts";
import { sqlState } from "./unavailable.ts";

const attemptsMax = 6;
const firstPauseMs = 5;

/** Serialization failure and deadlock: the server has undone all of it and asks for another try. */
const askAgain: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** The database is empty again, or another one: arbiters hold the world in memory, and fill it anew. */
const noTable = "42P01";

export const readWrite = "BEGIN ISOLATION LEVEL READ COMMITTED";
/** All statements see one state, though others commit in between. */
export const readOneState = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/**
 * Runs an action in a transaction, anew as long as the server asks for it. Nothing else is tried again: with a connection lost
 * at the wrong moment nobody knows whether it went in.
 */
export function transaction<T>(pool: Pool, begin: string, action: (db: Db) => Promise<T>): Promise<T> {
  return onConnection(pool, async (db) => {
    await db.query(begin);
    try {
      const result = await action(db);
      await db.query("COMMIT");
      return result;
    } catch (error) {
      // On a broken connection this answers at once with the same error: ending it rolls back as well.
      await db.query("ROLLBACK");
      throw error;
    }
  });
}

/** Runs single statements, each a transaction by itself. */
export async function onConnection<T>(pool: Pool, action: (db: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, action);
    } catch (error) {
      const code = sqlState(error);
      const isEmpty = code === noTable && pool.mend !== undefined && attempt === 1;
      if (isEmpty) await pool.mend?.();
      else if (!askAgain.has(code) || attempt === attemptsMax) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, firstPauseMs * 2 ** attempt));
  }
}

async function once<T>(pool: Pool, action: (db: Db) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken: unknown;
  const db: Db = {
    async query(text, values) {
      if (broken !== undefined) throw broken;
      try {
        return await connection.query(text, values);
      } catch (error) {
        // Only an answer of the server leaves the connection in a known state; class 57P is its farewell, and one that has come
        // to only read (25006) is a standby now, so the next try shall find another.
        const code = sqlState(error);
        if (code === "" || code.startsWith("57P") || code === "25006") broken = error;
        throw error;
      }
    },
  };
  try {
    return await action(db);
  } finally {
    connection.release(broken !== undefined);
  }
}
