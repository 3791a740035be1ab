export { type ArbiterClient, makeArbiterClient } from "./arbiter-client.ts";
export type { Status } from "./status.ts";
