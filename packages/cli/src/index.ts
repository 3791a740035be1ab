export { type ArbiterClient, makeArbiterClient } from "./arbiter-client.ts";
export { type Ended, runHere } from "./run-here.ts";
export type { Status } from "./status.ts";
