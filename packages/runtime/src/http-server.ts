import { createHash, timingSafeEqual } from "node:crypto";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type ErrorCode, errorCodes, type Problem, SluiceError } from "@sluice/core";
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Logger } from "./logger.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call: anybody, holders of the node token, or operators. Operators when nothing is said. */
    access?: "open" | "node" | "operator";
  }
}

export type HttpOptions = {
  readonly logger: Logger;
  readonly registry?: Registry;
  readonly tokens: { readonly operator?: string; readonly node?: string };
  /** Unit: bytes. Default 256 KiB. */
  readonly bodyBytesMax?: number;
  readonly openapi?: { readonly title: string; readonly version: string };
};

export type HttpServer = ReturnType<typeof makeHttpServer>;

/** An HTTP server as every process has it: schemas refuse unknown keys, errors are problem documents (RFC 9457), deny by default. */
export function makeHttpServer(options: HttpOptions) {
  const app = Fastify({
    bodyLimit: options.bodyBytesMax ?? 262_144,
    forceCloseConnections: true,
    requestTimeout: 10_000,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: true, allErrors: true } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  if (options.openapi) {
    void app.register(swagger, { openapi: { openapi: "3.1.0", info: options.openapi } });
    app.after(() =>
      app.get("/openapi.json", { config: { access: "open" }, schema: { hide: true } }, () => app.swagger()),
    );
  }
  app.addHook("onRequest", async (request) => authorize(request, options.tokens));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toSluiceError(error);
    if (known.code === "INTERNAL") options.logger.error({ err: error, url: request.url }, "a request failed");
    return sendProblem(reply, known);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new SluiceError("NOT_FOUND", `there is no ${request.method} ${request.url}`)),
  );
  app.get("/healthz", { config: { access: "open" }, schema: { hide: true } }, () => ({ status: "ok" }));
  const { registry } = options;
  if (registry) {
    app.get("/metrics", { config: { access: "open" }, schema: { hide: true } }, async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  }
  return app;
}

function authorize(request: FastifyRequest, tokens: HttpOptions["tokens"]): void {
  const access = request.routeOptions.config.access ?? "operator";
  if (access === "open" || request.is404) return;
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const hint = "Send `authorization: Bearer …` with the token that the installation wrote down.";
  if (given === undefined) throw new SluiceError("UNAUTHORIZED", "this needs a token", { hint });
  if (isSame(given, tokens.operator)) return;
  if (!isSame(given, tokens.node)) throw new SluiceError("UNAUTHORIZED", "that token is not known here", { hint });
  if (access !== "node")
    throw new SluiceError("FORBIDDEN", "the node token may not do this", { hint: "Use the operator's token." });
}

/** Compares digests in constant time, so neither the length nor a prefix of the token can be found by timing. */
function isSame(given: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return false;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function toSluiceError(error: FastifyError | SluiceError): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error.validation) {
    const problems = error.validation.map((entry): Problem => {
      const extra = (entry.params as { additionalProperty?: unknown }).additionalProperty;
      const path = `${error.validationContext ?? "body"}${entry.instancePath}${typeof extra === "string" ? `/${extra}` : ""}`;
      return { path, message: typeof extra === "string" ? `unknown key ${extra}` : (entry.message ?? "does not fit") };
    });
    return new SluiceError("BODY_INVALID", problems.map((entry) => `${entry.path}: ${entry.message}`).join("; "), {
      problems,
    });
  }
  if (error.statusCode === 413) return new SluiceError("BODY_TOO_LARGE", error.message);
  if (error.statusCode !== undefined && error.statusCode < 500) return new SluiceError("BODY_INVALID", error.message);
  return new SluiceError("INTERNAL", "something went wrong on our side", { cause: error });
}

function sendProblem(reply: FastifyReply, error: SluiceError): FastifyReply {
  const { status, about } = errorCodes[error.code satisfies ErrorCode];
  return reply
    .code(status)
    .type("application/problem+json")
    .send({
      type: `https://sluice.invalid/errors/${error.code}`,
      title: about,
      status,
      detail: error.message,
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.rule === undefined ? {} : { rule: error.rule }),
      ...(error.problems.length > 0 ? { problems: error.problems } : {}),
    });
}

/** Listens at a URL's host and port. A taken port and a missing address say what to do. */
export async function listen(
  app: { listen(options: { host: string; port: number }): Promise<string> },
  url: string,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  try {
    await app.listen({ host, port: Number(port) });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      const hint = `Find the process with \`ss -ltnp 'sport = :${port}'\` and stop it, or configure another port.`;
      throw new SluiceError("PORT_TAKEN", `${host}:${port} is in use`, { hint, cause });
    }
    if (code === "EADDRNOTAVAIL") {
      const hint = `On macOS add it first: sudo ifconfig lo0 alias ${host}`;
      throw new SluiceError("ADDRESS_MISSING", `this machine has no address ${host}`, { hint, cause });
    }
    throw cause;
  }
}
