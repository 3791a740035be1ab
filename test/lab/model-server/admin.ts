import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Faults, parseFaults } from "./faults.ts";
import { readBody, sendJson } from "./reply.ts";

const bodyBytesMax = 16_384;

/** What the admin door moves. `asker` is the connection that asked, so that `refuse` can spare it until it is answered. */
export type FaultControl = {
  current(): Faults;
  set(faults: Faults, asker?: Socket): Promise<void>;
};

/**
 * Answers `/admin/faults`: GET shows, PUT replaces all, DELETE heals. With a token, every request must bear it; without one,
 * only callers on this host are heard.
 */
export async function answerAdmin(
  { token, control }: { readonly token: string | undefined; readonly control: FaultControl },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = refuse(token, request);
  if (refusal !== undefined) {
    if (refusal.status === 401) response.setHeader("www-authenticate", 'Bearer realm="model-server"');
    return sendProblem(response, refusal.status, refusal.message);
  }
  if (request.url?.split("?", 1)[0] !== "/admin/faults")
    return sendProblem(response, 404, "the admin door knows /admin/faults only");
  switch (request.method ?? "") {
    case "GET":
      return sendJson(response, 200, control.current());
    case "PUT":
      return await putFaults(control, request, response);
    case "DELETE":
      return await apply(control, {}, request, response);
    default:
      response.setHeader("allow", "GET, PUT, DELETE");
      return sendProblem(response, 405, `${request.method} is not for faults; use GET, PUT or DELETE`);
  }
}

async function putFaults(control: FaultControl, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await readBody(request, bodyBytesMax);
  if (text === undefined) return sendProblem(response, 413, `faults take at most ${bodyBytesMax} bytes`);
  const parsed = parseFaults(parseJson(text));
  if (parsed.kind === "error") return sendProblem(response, 400, parsed.message);
  await apply(control, parsed.faults, request, response);
}

async function apply(
  control: FaultControl,
  faults: Faults,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await control.set(faults, request.socket);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return sendProblem(response, 500, `the serving port can't be opened again, try once more: ${why}`);
  }
  // On the serving port the asker's own connection goes last, once it has its answer.
  if (faults.refuse === true) response.setHeader("connection", "close");
  sendJson(response, 200, control.current());
}

/** Why the caller is not heard, or undefined. */
function refuse(
  token: string | undefined,
  request: IncomingMessage,
): { readonly status: number; readonly message: string } | undefined {
  if (token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    return isSame(given, token) ? undefined : { status: 401, message: "the admin door wants its bearer token" };
  }
  return isSameHost(request.socket)
    ? undefined
    : { status: 403, message: "without an admin token only callers on this host are heard" };
}

/** Whether both ends of a connection are this machine: a loopback address, or the very address that was called. */
export function isSameHost({
  remoteAddress = "",
  localAddress,
}: Pick<Socket, "remoteAddress" | "localAddress">): boolean {
  const plain = remoteAddress.replace(/^::ffff:/, "");
  return plain.startsWith("127.") || plain === "::1" || (plain !== "" && remoteAddress === localAddress);
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function sendProblem(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { code: status, message } });
}

/** Undefined is no object either, so bad JSON is refused with the rest. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
