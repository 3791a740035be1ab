export { type LeaseBench, testLease } from "./lease.ts";
export { type StoreBench, testStore } from "./store.ts";
