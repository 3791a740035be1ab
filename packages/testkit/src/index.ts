export { type MemoryDatabase, makeMemoryDatabase } from "./memory-database.ts";
export { makePrng } from "./prng.ts";
export { makeVirtualClock, type VirtualClock } from "./virtual-clock.ts";
