export { type AnswerAt, answer } from "./answer.ts";
export { type CompiledZone, compileZone } from "./compile-zone.ts";
export { type QueryAnswer, type QueryOptions, type QueryRecord, type QueryType, query } from "./query.ts";
export { errorReply, rcodes } from "./reply.ts";
