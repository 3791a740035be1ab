export type { Clock } from "./clock.ts";
export type { Acquired, Lease } from "./lease.ts";
export type { Prng } from "./prng.ts";
export type { Commit, CommitResult, DatedEvent, Head, Store, StoredWorld } from "./store.ts";
