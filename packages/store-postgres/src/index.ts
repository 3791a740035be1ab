export { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/start-embedded-postgres.ts";
export { stopEmbeddedPostgres } from "./embedded/stop-embedded-postgres.ts";
export { type JournalLine, journalHash, journalStart } from "./journal-chain.ts";
export { makePostgres, type Postgres } from "./postgres.ts";
