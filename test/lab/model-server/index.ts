export type { Faults, ParsedFaults } from "./faults.ts";
export { parseFaults } from "./faults.ts";
export type { ModelServer, ModelServerOptions } from "./server.ts";
export { startModelServer } from "./server.ts";
