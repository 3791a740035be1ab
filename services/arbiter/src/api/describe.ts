import type { ErrorCode } from "@sluice/core";
import { problemResponses } from "@sluice/runtime/server";
import type { TUnsafe } from "typebox";
import { eventSchemas } from "./event-schemas.ts";
import type { Shared } from "./fields.ts";
import type { ArbiterHttp } from "./http.ts";
import { replySchemas } from "./reply-schemas.ts";
import { statusSchemas } from "./status-schemas.ts";
import { weightsSchemas } from "./weights-schemas.ts";

/** What the document says about a route, beside the schemas of what it takes. */
export type RouteWords = {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
};

const meets = {
  any: ["BODY_INVALID", "INTERNAL"],
  token: ["UNAUTHORIZED"],
  operator: ["UNAUTHORIZED", "FORBIDDEN"],
  body: ["BODY_TOO_LARGE", "MEDIA_TYPE_UNSUPPORTED"],
  leader: ["NOT_FOUND", "NOT_LEADER", "STORE_UNAVAILABLE", "FENCED", "FLOOR", "BRAKE", "NOTHING_TO_DO"],
} as const satisfies Record<string, readonly ErrorCode[]>;

/** Who may call, and the problems that every route of the kind can meet. */
const kinds = {
  look: { security: [{ operator: [] }], codes: meets.operator },
  operate: { security: [{ operator: [] }], codes: [...meets.operator, ...meets.body, ...meets.leader] },
  /** Each arbiter does it by itself, whoever leads. */
  keys: { security: [{ operator: [] }], codes: [...meets.operator, ...meets.body] },
  node: { security: [{ node: [] }, { operator: [] }], codes: meets.token },
  open: { security: [], codes: [] },
  /** A report carries its own proof. */
  report: { security: [], codes: [...meets.body, "VOTE_REFUSED"] },
} as const;

const tagOf = {
  look: "look",
  open: "look",
  operate: "operate",
  keys: "operate",
  node: "node",
  report: "node",
} as const;

/**
 * The part of a route's schema that says what it is for, who may call, and all it can answer. The answer is not a type of
 * the handler's: what is sent is the value itself, and a test holds it to the schema.
 */
export function described(
  kind: keyof typeof kinds,
  words: RouteWords,
  answer: {
    readonly schema: Shared;
    readonly errors?: readonly ErrorCode[];
    readonly orNone?: string;
    readonly orNot?: string;
    /** Headers of the good answer, by name. */
    readonly headers?: Readonly<Record<string, object>>;
  },
) {
  const { security, codes } = kinds[kind];
  const content = { "application/json": { schema: { $ref: `${answer.schema.$id}#` } } };
  const response = {
    200: { description: `${words.summary}.`, content, ...(answer.headers ? { headers: answer.headers } : {}) },
    ...(answer.orNone === undefined ? {} : { 204: { description: answer.orNone, type: "null" } }),
    ...(answer.orNot === undefined ? {} : { 503: { description: answer.orNot, content } }),
    ...problemResponses([...new Set([...meets.any, ...codes, ...(answer.errors ?? [])])]),
  };
  const isRead = { 200: response[200] } as unknown as { readonly 200: TUnsafe<unknown> };
  return { ...words, tags: [tagOf[kind]], security: [...security], response: { ...response, ...isRead } };
}

/** Makes the shared schemas known; the routes refer to them by name. */
export function shareSchemas(app: ArbiterHttp): void {
  for (const schema of [...statusSchemas, ...eventSchemas, ...replySchemas, ...weightsSchemas]) app.addSchema(schema);
}
