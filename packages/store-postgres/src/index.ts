export { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";
export { makePostgres, type Postgres } from "./postgres.ts";
