export { type AnswerAt, answer } from "./answer.ts";
export { type CompiledZone, compileZone } from "./compile-zone.ts";
export { type QueryOptions, query } from "./query.ts";
export {
  encodeQuestion,
  isAnswerTo,
  type QueryAnswer,
  type QueryRecord,
  type QueryType,
  type Question,
  readAnswer,
} from "./question.ts";
export { errorReply, rcodes } from "./reply.ts";
