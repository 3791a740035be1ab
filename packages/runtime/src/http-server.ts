import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { SluiceError } from "@sluice/core";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import { problemDocument, problemType, sendProblem, toSluiceError } from "./http-problem.ts";
import type { Logger } from "./logger.ts";
import { describeRoutes, type OpenapiInfo } from "./openapi.ts";

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
  /** Given: the routes are described at /openapi.json. */
  readonly openapi?: OpenapiInfo;
};

export type HttpServer = ReturnType<typeof makeHttpServer>;

/**
 * How long a client may take, and how many there may be. A site has tens of agents and nameservers, each with a few
 * connections, so a thousand leaves room for operators even while somebody holds hundreds open for nothing. A client that
 * sends its request byte by byte is cut off after `headersMs`, or `requestMs` when it got as far as the body. Nothing is sent
 * while a long poll waits, at most 30 s, so a connection may be still for longer than that before it counts as dead.
 * Unit: milliseconds.
 */
const bounds = {
  headersMs: 5_000,
  requestMs: 10_000,
  checkEveryMs: 1_000,
  stillMs: 45_000,
  keptMs: 20_000,
  connections: 1_000,
};
/** The longest DNS name. Unit: characters. */
const paramLengthMax = 253;

/** An HTTP server as every process has it: schemas refuse unknown keys, errors are problem documents (RFC 9457), deny by default. */
export function makeHttpServer(options: HttpOptions) {
  const app = Fastify({
    bodyLimit: options.bodyBytesMax ?? 262_144,
    forceCloseConnections: true,
    requestTimeout: bounds.requestMs,
    connectionTimeout: bounds.stillMs,
    keepAliveTimeout: bounds.keptMs,
    http: { headersTimeout: bounds.headersMs, connectionsCheckingInterval: bounds.checkEveryMs },
    routerOptions: { maxParamLength: paramLengthMax },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: true, allErrors: true } },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, toSluiceError(error)),
    clientErrorHandler: endBadConnection,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = bounds.connections;
  // Response schemas describe what is sent and never filter it: a field that a schema forgot would be lost without a word.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  if (options.openapi) describeRoutes(app, options.openapi);
  app.addHook("onRequest", async (request) => authorize(request, options.tokens));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toSluiceError(error);
    if (known.code === "INTERNAL") options.logger.error({ err: error, url: request.url }, "a request failed");
    return sendProblem(reply, known);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new SluiceError("NOT_FOUND", `there is no ${request.method} ${request.url}`, {
        hint: "An arbiter lists its routes at /openapi.json.",
      }),
    ),
  );
  app.after(() => ownRoutes(app, options.registry));
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

/** What every process has, described like any other route. */
function ownRoutes(app: FastifyInstance, registry: Registry | undefined): void {
  const open = { access: "open" } as const;
  const tags = ["process"];
  const healthz = {
    operationId: "getHealth",
    tags,
    summary: "Whether the process runs and answers",
    security: [],
    response: {
      200: {
        description: "It does.",
        type: "object",
        properties: { status: { type: "string", const: "ok" } },
        required: ["status"],
        additionalProperties: false,
      },
    },
  };
  app.get("/healthz", { config: open, schema: healthz }, () => ({ status: "ok" }));
  if (!registry) return;
  const metrics = {
    operationId: "getMetrics",
    tags,
    summary: "Metrics in Prometheus's text format",
    security: [],
    response: { 200: { description: "All of them.", content: { "text/plain": { schema: { type: "string" } } } } },
  };
  app.get("/metrics", { config: open, schema: metrics }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

const badConnections: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
};

/** A connection that sent no HTTP, or too slowly: it is told why, if it can still hear it, and closed. */
function endBadConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, phrase] = badConnections[error.code ?? ""] ?? [400, "Bad Request"];
  const problem = problemDocument(new SluiceError("BODY_INVALID", "that is no complete HTTP request"));
  const body = JSON.stringify({ ...problem, status });
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
