import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, type Metadata, type MethodDefinition, type StatusObject } from "@grpc/grpc-js";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import { service as healthService } from "grpc-health-check";
import type { Faults } from "./faults.ts";
import { type ModelServer, type ModelServerOptions, startModelServer } from "./server.ts";

/** What the tests ask the model server with: plain sockets, one connection for each request unless an agent is given. */
export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

export type Question = {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address to ask from. */
  readonly from?: string;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
  /** Called with all the text so far whenever some arrives. */
  readonly onText?: (text: string) => void;
};

export const model = "llama-3-8b";

export function start(options: Partial<ModelServerOptions> = {}): Promise<ModelServer> {
  return startModelServer({
    site: "site-a",
    channel: "stable",
    index: 1,
    host: "127.0.1.1",
    port: 0,
    tokenMs: 0,
    ...options,
  });
}

export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { body, headers = {}, from, agent = new Agent({ keepAlive: false }), signal, onText } = question;
  const method = question.method ?? (body === undefined ? "GET" : "POST");
  const options = { method, headers, agent, ...(from && { localAddress: from }), ...(signal && { signal }) };
  const asking = request(url, options, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      text += piece;
      onText?.(text);
    });
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  });
  asking.on("error", reject);
  asking.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
  return promise;
}

export function complete(server: ModelServer, body: object = {}, question: Question = {}): Promise<Answer> {
  return ask(`${server.url}/v1/completions`, { ...question, body: { model, prompt: "how are you", ...body } });
}

/** The payloads of a stream of server-sent events, parsed except for the closing word. */
export function events(text: string): readonly (Record<string, unknown> | "[DONE]")[] {
  const blocks = text.split("\n\n").filter((block) => block !== "");
  return blocks.map((block) => {
    const payload = block.replace(/^data: /, "");
    return payload === "[DONE]" ? payload : (JSON.parse(payload) as Record<string, unknown>);
  });
}

/** Reads one sample of the metrics. */
export async function sample(server: ModelServer, name: string): Promise<number> {
  const { text } = await ask(`${server.url}/metrics`);
  const line = text.split("\n").find((candidate) => candidate.startsWith(name));
  return Number(line?.split(" ").at(-1));
}

/** Waits until the condition holds, for at most 10 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error("waited 10 s in vain");
    await sleep(5);
  }
}

/** What a call brought: messages, metadata before them, and the status with its trailers. */
type Outcome = {
  readonly messages: readonly Record<string, unknown>[];
  readonly initial: Metadata | undefined;
  readonly status: StatusObject;
};

export type GrpcClient = {
  readonly generate: (request: object, deadlineMs?: number) => Promise<Outcome>;
  readonly generateStream: (request: object) => Promise<Outcome>;
  readonly health: (service: string) => Promise<Outcome>;
  [Symbol.dispose](): void;
};

const generator = loadSync(join(import.meta.dirname, "generator.proto"), { defaults: true })[
  "sluice.lab.v1.Generator"
] as ServiceDefinition;

export function connect(port: number): GrpcClient {
  const client = new Client(`127.0.1.1:${port}`, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  const run = (method: unknown, argument: object, deadlineMs = 10_000): Promise<Outcome> =>
    call(client, method as MethodDefinition<object, Record<string, unknown>>, { argument, deadlineMs });
  return {
    generate: (argument, deadlineMs) =>
      run(generator["Generate"], { model, prompt: "hello you", ...argument }, deadlineMs),
    generateStream: (argument) => run(generator["GenerateStream"], { model, prompt: "hello you", ...argument }),
    health: (service) => run(healthService["Check"], { service }),
    [Symbol.dispose]: () => client.close(),
  };
}

/** Unary methods are called as streams too: on the wire they are the same, and so their metadata is seen in order. */
function call(
  client: Client,
  method: MethodDefinition<object, Record<string, unknown>>,
  { argument, deadlineMs }: { readonly argument: object; readonly deadlineMs: number },
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const messages: Record<string, unknown>[] = [];
  let initial: Metadata | undefined;
  const options = { deadline: Date.now() + deadlineMs };
  const stream = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    argument,
    options,
  );
  stream.on("metadata", (metadata: Metadata) => {
    initial = metadata;
  });
  stream.on("data", (message: Record<string, unknown>) => messages.push(message));
  stream.on("error", () => undefined);
  stream.on("status", (status: StatusObject) => resolve({ messages, initial, status }));
  return promise;
}

/** PUTs faults through the admin door, as an operator would. */
export function put(
  adminUrl: string,
  faults: Faults | Record<string, unknown> | string,
  headers: Record<string, string> = {},
) {
  return ask(`${adminUrl}/faults`, { method: "PUT", body: faults, headers });
}
