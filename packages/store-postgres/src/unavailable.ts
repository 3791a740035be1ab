import { SluiceError } from "@sluice/core";
import pg from "pg";

/** What the database's refusals ask of the operator, by SQLSTATE, its class, or the system's own word. */
const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Start the database, or correct host and port in DATABASE_URL.",
  ENOTFOUND: "Correct the host in DATABASE_URL.",
  "28": "Correct user and password in DATABASE_URL.",
  "3D000": "Create the database that DATABASE_URL names.",
  "42501": "Let the user of DATABASE_URL create and write tables.",
  "42P01": "Run the migrations: the tables are missing.",
  "25006": "Point DATABASE_URL at the primary: this server only reads.",
  "53": "Give the database more connections, memory or disk.",
};
const otherHint = "Check that the database of DATABASE_URL is up and takes writes; Sluice tries again by itself.";

/**
 * Anything a database may answer, as the one error that callers know. Always transient: Sluice holds its world in memory and
 * goes on when the database is mended, whatever was wrong.
 */
export function unavailable(error: unknown): SluiceError {
  const code = codeOf(error);
  const hint = hints[code] ?? hints[code.slice(0, 2)] ?? otherHint;
  const message = error instanceof Error && error.message !== "" ? error.message : code || "no reason given";
  return new SluiceError("STORE_UNAVAILABLE", `the database failed: ${message}`, {
    hint,
    cause: error,
    transient: true,
  });
}

/** The SQLSTATE behind an error of ours, or "" when the connection and not the server failed. */
export function sqlState(error: unknown): string {
  // Not by its looks: EPIPE, the system's word for a lost connection, has five letters too.
  const isAnswer = error instanceof SluiceError && error.cause instanceof pg.DatabaseError;
  return isAnswer ? codeOf(error.cause) : "";
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
