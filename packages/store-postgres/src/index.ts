export { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";
export { type JournalLine, journalHash, journalStart } from "./journal-chain.ts";
export { makePostgres, type Postgres } from "./postgres.ts";
