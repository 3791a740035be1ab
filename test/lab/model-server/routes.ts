import type { IncomingMessage, ServerResponse } from "node:http";
import { answerAdmin, type FaultControl } from "./admin.ts";
import { answerStream, answerWhole, listModels } from "./completions.ts";
import type { Engine } from "./engine.ts";
import type { FaultGate } from "./fault-gate.ts";
import type { Faults } from "./faults.ts";
import type { Metrics } from "./metrics.ts";
import { type Dialect, parseOrder, unknownModel } from "./openai.ts";
import { readBody, sendError, sendJson } from "./reply.ts";

/** What the routes need from the rest of the server. */
export type HttpParts = {
  readonly servedBy: string;
  readonly model: string;
  readonly gate: FaultGate;
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly control: FaultControl;
  readonly adminToken: string | undefined;
};

/** One request and its answer; the signal aborts when the caller leaves. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  /** Came in by the admin port, where nothing else is served. */
  readonly isAdmin: boolean;
};

const bodyBytesMax = 1_048_576;
const dialects: Readonly<Record<string, Dialect>> = { "/v1/completions": "text", "/v1/chat/completions": "chat" };

/** Answers one request; rejects when it can't be answered any more. `isDraining` turns `/health` to 503. */
export function makeRoutes(parts: HttpParts, isDraining: () => boolean): (exchange: Exchange) => Promise<void> {
  let orders = 0;

  return async (exchange) => {
    const { request, response, signal } = exchange;
    const path = request.url?.split("?", 1)[0] ?? "/";
    if (path === "/admin" || path.startsWith("/admin/")) {
      return await answerAdmin({ token: parts.adminToken, control: parts.control }, request, response);
    }
    if (exchange.isAdmin) return sendError(response, notFound(path));
    if (path === "/metrics") return sendText(response, parts.metrics.render(parts.gate.waiting()));
    if (path !== "/health" && !path.startsWith("/v1/")) return sendError(response, notFound(path));

    const dialect = request.method === "POST" ? dialects[path] : undefined;
    const visit = { path, remote: request.socket.remoteAddress ?? "", generates: dialect !== undefined };
    const admission = await parts.gate.pass(visit, signal);
    if (admission.kind === "failed") {
      return sendError(response, { code: admission.code, type: "InternalServerError", message: admission.message });
    }
    const { faults, arrivedMs } = admission;
    if (dialect === undefined) return answerLook(parts, path, { ...exchange, faults, isWell: !isDraining() });
    orders += 1;
    const id = `cmpl-${parts.servedBy.replaceAll("/", "-")}-${orders}`;
    await answerOrder(parts, { dialect, faults, arrivedMs, id }, exchange);
  };
}

type Asked = { readonly dialect: Dialect; readonly faults: Faults; readonly arrivedMs: number; readonly id: string };

/** Requests for tokens. */
async function answerOrder(parts: HttpParts, asked: Asked, { request, response, signal }: Exchange): Promise<void> {
  const text = await readBody(request, bodyBytesMax);
  if (text === undefined) {
    return sendError(response, { code: 413, type: "BadRequestError", message: `at most ${bodyBytesMax} bytes` });
  }
  const parsed = parseOrder(asked.dialect, text);
  if (parsed.kind === "error") return sendError(response, parsed);
  const { order } = parsed;
  const isMissing = order.model !== parts.model || asked.faults.missingModel === true;
  if (isMissing) return sendError(response, unknownModel(order.model));
  const completion = { ...asked, order };
  await (order.stream ? answerStream : answerWhole)(parts.engine, completion, response, signal);
}

type Look = Exchange & { readonly faults: Faults; readonly isWell: boolean };

/** Paths that are only looked at. */
function answerLook({ model }: HttpParts, path: string, { request, response, faults, isWell }: Look): void {
  const isKnown = path === "/health" || path === "/v1/models" || Object.hasOwn(dialects, path);
  if (!isKnown) return sendError(response, notFound(path));
  const allow = Object.hasOwn(dialects, path) ? "POST" : "GET, HEAD";
  if (!allow.split(", ").includes(request.method ?? "")) {
    response.setHeader("allow", allow);
    return sendError(response, { code: 405, type: "BadRequestError", message: `${path} wants ${allow}` });
  }
  if (path === "/v1/models") return sendJson(response, 200, listModels(faults.missingModel === true ? [] : [model]));
  response.writeHead(isWell ? 200 : 503, { "content-length": 0 }).end();
}

function notFound(path: string): { code: number; type: string; message: string } {
  return { code: 404, type: "NotFoundError", message: `nothing at ${path}` };
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
}
