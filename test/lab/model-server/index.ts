export { type ModelServer, startModelServer } from "./server.ts";
