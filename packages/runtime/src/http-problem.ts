import { errorCodes, type Problem, SluiceError } from "@sluice/core";
import type { FastifyError, FastifyReply } from "fastify";

/** An error as a problem document (RFC 9457): `code` is API, `detail` and `hint` are for people. */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly rule?: string;
  readonly problems?: readonly Problem[];
};

export function problemDocument(error: SluiceError): ProblemDocument {
  const { status, about } = errorCodes[error.code];
  return {
    type: `https://sluice.invalid/errors/${error.code}`,
    title: about,
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.rule === undefined ? {} : { rule: error.rule }),
    ...(error.problems.length > 0 ? { problems: error.problems } : {}),
  };
}

export const problemType = "application/problem+json";

export function sendProblem(reply: FastifyReply, error: SluiceError): FastifyReply {
  const document = problemDocument(error);
  return reply.code(document.status).type(problemType).send(document);
}

/** What the server library complains about, as one of our own errors. */
export function toSluiceError(error: FastifyError | SluiceError): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error.validation) return misfit(error.validation, error.validationContext ?? "body");
  if (error.statusCode === 413) {
    return new SluiceError("BODY_TOO_LARGE", error.message, { hint: "Send less; nothing was read of it." });
  }
  if (error.statusCode === 415) {
    return new SluiceError("MEDIA_TYPE_UNSUPPORTED", error.message, { hint: "Send `content-type: application/json`." });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new SluiceError("BODY_INVALID", error.message, { hint: "See /openapi.json for what each route takes." });
  }
  return new SluiceError("INTERNAL", "something went wrong on our side", { cause: error });
}

/** Every misfit at once, each with the path it is at. */
function misfit(entries: NonNullable<FastifyError["validation"]>, context: string): SluiceError {
  const problems = entries.map((entry): Problem => {
    const extra = (entry.params as { additionalProperty?: unknown }).additionalProperty;
    const path = `${context}${entry.instancePath}${typeof extra === "string" ? `/${extra}` : ""}`;
    return { path, message: typeof extra === "string" ? `unknown key ${extra}` : (entry.message ?? "does not fit") };
  });
  return new SluiceError("BODY_INVALID", problems.map((entry) => `${entry.path}: ${entry.message}`).join("; "), {
    problems,
    hint: "See /openapi.json for what each route takes.",
  });
}
