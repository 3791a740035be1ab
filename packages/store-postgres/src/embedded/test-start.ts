import { SluiceError } from "@sluice/core";
import { startEmbeddedPostgres } from "./start-embedded-postgres.ts";

// A parent to be killed, or one of another user: starts a server, says what came of it in one line of JSON, and stays.

const directory = process.argv[2] ?? "";
try {
  const { pid, port, url } = await startEmbeddedPostgres({ directory, log: () => undefined });
  console.log(JSON.stringify({ pid, port, url }));
} catch (error) {
  if (!(error instanceof SluiceError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }));
}
