import { EnvelopeSchema } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import type { KeysetOffer } from "@sluice/runtime";
import type { ArbiterContext } from "../context.ts";
import { wait } from "../suspicion-board.ts";
import { described } from "./describe.ts";
import type { ArbiterHttp } from "./http.ts";
import { Envelope, KeysetTaken } from "./reply-schemas.ts";
import { KeysetQuery, waitMaxMs, whole0 } from "./schemas.ts";

/** Room for a thousand keys, and as many that are revoked, as text within text. Unit: bytes. */
const keysetBytesMax = 1024 * 1024;

/**
 * Who may sign what: every process asks for it, and an operator hands in the next. Each arbiter takes that by itself, leader or
 * not, without the database, for the root's signature is all the authority it needs.
 */
export function keysetRoutes(app: ArbiterHttp, { keyring, signal }: ArbiterContext): void {
  const waiters = new Set<() => void>();
  keyring.onChange(() => waiters.forEach((wake) => wake()));
  const answer = { schema: Envelope, orNone: "There is none newer than `after`." };
  const read = { querystring: KeysetQuery, ...described("node", words.read, answer) };
  app.get("/v1/keyset", { config: { access: "node" }, schema: read }, async (request, reply) => {
    const { after, waitMs } = request.query;
    const isNews = (): boolean => after === undefined || keyring.keyset.version > Number(after);
    if (!isNews()) await wait(waiters, { waitMs: whole0(waitMs, waitMaxMs), signal });
    return isNews() ? keyring.envelope : reply.code(204).send();
  });
  const took = { schema: KeysetTaken, errors: ["KEYSET_REFUSED"] } as const;
  const write = { body: EnvelopeSchema, ...described("keys", words.write, took) };
  app.put("/v1/keyset", { bodyLimit: keysetBytesMax, schema: write }, async (request) => {
    const offer = await keyring.offer(request.body);
    const { version } = keyring.keyset;
    if (offer === "taken" || offer === "not-kept" || offer === "repeat")
      return { version, isNew: offer !== "repeat", isKept: offer !== "not-kept" };
    throw new SluiceError("KEYSET_REFUSED", `the keyset was not taken: ${whyNot[offer]}`, {
      hint: `Version ${version} is in force here. \`sluice keys list\` shows it; make the next one from it, with the root key.`,
    });
  });
}

const whyNot: Readonly<Record<Extract<KeysetOffer, "older" | "other-content" | "not-ours">, string>> = {
  older: "a newer one is in force",
  "other-content": "another one with the same version is in force, signed by the same root",
  "not-ours": "it isn't signed by this installation's root key",
};

const words = {
  read: {
    operationId: "getKeyset",
    summary: "The newest keyset, signed by the root key",
    description: "With `after` and `waitMs` a long poll.",
  },
  write: {
    operationId: "putKeyset",
    summary: "Hand in the next keyset",
    description: "The root key has signed it. Every arbiter takes it, and all processes fetch it from there.",
  },
} as const;
