// What only a process that serves needs. Loading it takes a tenth of a second and 40 MB, and a command of the CLI never does.
export { type HttpOptions, type HttpServer, makeHttpServer } from "./http-server.ts";
export { makeRegistry, noteKeyset } from "./metrics.ts";
export { problemResponses } from "./openapi.ts";
