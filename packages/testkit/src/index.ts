export { type Kernel, makeKernel } from "./kernel.ts";
export { type MemoryDatabase, makeMemoryDatabase } from "./memory-database.ts";
export { makePrng } from "./prng.ts";
export { type Link, makeNetwork, type SimulatedNetwork } from "./simulated-network.ts";
export { makeProcess, type SimulatedProcess } from "./simulated-process.ts";
export { makeVirtualClock, type VirtualClock } from "./virtual-clock.ts";
