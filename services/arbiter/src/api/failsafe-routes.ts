import type { ArbiterContext } from "../context.ts";
import { entryBytesMax, FailsafeEnvelope } from "../failsafe/messages.ts";
import { described } from "./describe.ts";
import type { ArbiterHttp } from "./http.ts";
import { Envelope } from "./reply-schemas.ts";
import { FailsafeQuery } from "./schemas.ts";

const node = { access: "node" } as const;

/** What arbiters say to each other while the store is away. The token lets in, and the signature says which arbiter speaks. */
export function failsafeRoutes(app: ArbiterHttp, { failsafe }: ArbiterContext): void {
  app.after(() => {
    const errors = ["BODY_TOO_LARGE", "MEDIA_TYPE_UNSUPPORTED"] as const;
    const answered = { schema: Envelope, orNone: "It is no message of an arbiter, or can't be kept.", errors } as const;
    const schema = { body: FailsafeEnvelope, ...described("node", words.answer, answered) };
    app.post("/v1/failsafe", { config: node, schema, bodyLimit: entryBytesMax }, async (request, reply) => {
      return (await failsafe.answer(request.body)) ?? reply.code(204).send();
    });
    const listed = { schema: Envelope, orNone: "It keeps none after that." };
    const query = { querystring: FailsafeQuery, ...described("node", words.next, listed) };
    app.get("/v1/failsafe", { config: node, schema: query }, (request, reply) => {
      return failsafe.next(request.query.after) ?? reply.code(204).send();
    });
  });
}

const words = {
  answer: {
    operationId: "answerFailsafe",
    summary: "An arbiter's answer to another that leads without the store",
    description: "It is asked for a promise not to take the lease, or to keep a decision.",
  },
  next: {
    operationId: "getFailsafeEntry",
    summary: "A decision taken in failsafe that is kept here, and may not be in the store yet",
    description: "The first with a name after `after`; a new leader asks for one after the other.",
  },
} as const;
