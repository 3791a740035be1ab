export { type LeaseBench, testLease } from "./lease.ts";
export { at, commit, config, dated, decision, envelope, event, firstCommit, override, state } from "./samples.ts";
export { type StoreBench, testStore } from "./store.ts";
export { until } from "./until.ts";
