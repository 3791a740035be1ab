import swagger from "@fastify/swagger";
import { type ErrorCode, errorCodes } from "@sluice/core";
import type { FastifyInstance } from "fastify";
import { problemType } from "./http-problem.ts";

export type OpenapiInfo = { readonly title: string; readonly version: string; readonly description?: string };

/**
 * Serves an OpenAPI 3.1 document of the routes that are registered after it, at /openapi.json, made from their schemas. It
 * is served and not kept as a file: the file would be a second truth, and whoever needs one asks any arbiter for it.
 */
export function describeRoutes(app: FastifyInstance, info: OpenapiInfo): void {
  app.addSchema(problemSchema);
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { license: { name: "Apache-2.0", identifier: "Apache-2.0" }, ...info } as OpenapiInfo,
      components: {
        securitySchemes: {
          operator: { type: "http", scheme: "bearer", description: "The operator's token. It may do everything." },
          node: { type: "http", scheme: "bearer", description: "A node's token: it reads what nodes need." },
        },
      },
    },
    // Shared schemas keep their names instead of being numbered.
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json["$id"] === "string" ? json["$id"] : `schema${index}`,
    },
  });
  const schema = {
    operationId: "getOpenapi",
    tags: ["process"],
    summary: "This document",
    security: [],
    response: { 200: { description: "OpenAPI 3.1.", type: "object", additionalProperties: true } },
  };
  app.after(() => app.get("/openapi.json", { config: { access: "open" }, schema }, () => app.swagger()));
}

/** The answers that are problem documents, for a route that can meet these errors. */
export function problemResponses(codes: readonly ErrorCode[]): Readonly<Record<number, object>> {
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].status);
  const content = { [problemType]: { schema: { $ref: "Problem#" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => {
      const lines = list.map((code) => `\`${code}\`: ${errorCodes[code].about}.`);
      return [status, { description: lines.join(" "), content }];
    }),
  );
}

const text = (description: string) => ({ type: "string", description });

const problemSchema = {
  $id: "Problem",
  description: "An error (RFC 9457). docs/errors.md explains every code.",
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  additionalProperties: false,
  properties: {
    type: text("A URI that ends in the code. Nothing is to be fetched there."),
    title: text("What the code means."),
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: text("What happened here."),
    code: { type: "string", enum: Object.keys(errorCodes), description: "Scripts may rely on it." },
    hint: text("What to do."),
    rule: text("The floor or brake that refused; `overrideRules` names it."),
    problems: {
      type: "array",
      description: "Everything wrong with an input at once.",
      items: {
        type: "object",
        required: ["path", "message"],
        additionalProperties: false,
        properties: { path: text("Where."), message: text("What."), hint: text("What to do.") },
      },
    },
  },
};
