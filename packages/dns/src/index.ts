export { type AnswerAt, answer } from "./answer.ts";
export { type CompiledZone, compileZone } from "./compile-zone.ts";
export { errorReply, rcodes } from "./reply.ts";
