import { type EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { HealthImplementation } from "grpc-health-check";
import { countTokens, type Engine, EngineFailure, type Job, maxTokensLimit, planLength } from "./engine.ts";
import type { FaultGate } from "./fault-gate.ts";
import { gateInterceptor, generatorName, passes } from "./grpc-gate.ts";

/** What the gRPC side needs from the rest of the server. */
export type GrpcParts = {
  readonly servedBy: string;
  readonly model: string;
  readonly gate: FaultGate;
  readonly engine: Engine;
};

/** gRPC for sockets that were accepted elsewhere. */
export type GrpcSide = {
  accept(socket: Socket): void;
  /** Health turns to NOT_SERVING, clients get GOAWAY, and calls still open after `graceMs` are cut. */
  drain(graceMs: number): void;
};

export function makeGrpcSide(parts: GrpcParts): GrpcSide {
  const server = new Server({
    interceptors: [gateInterceptor(parts.gate, parts.servedBy)],
    "grpc.max_receive_message_length": 1_048_576,
  });
  const health = new HealthImplementation({ "": "SERVING", [generatorName]: "SERVING" });
  health.addToServer(server);
  server.addService(loadGenerator(), {
    Generate: (call: ServerUnaryCall<Request, Reply>, done: sendUnaryData<Reply>) => void generate(parts, call, done),
    GenerateStream: (call: ServerWritableStream<Request, Chunk>) => void generateStream(parts, call),
  });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (socket) => injector.injectConnection(socket),
    drain(graceMs) {
      health.setStatus("", "NOT_SERVING");
      health.setStatus(generatorName, "NOT_SERVING");
      injector.drain(graceMs);
    },
  };
}

type Request = { readonly model: string; readonly prompt: string; readonly maxTokens: number };
type Chunk = { readonly index: number; readonly text: string; readonly finishReason: string };
type Reply = {
  readonly model: string;
  readonly text: string;
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

function loadGenerator(): ServiceDefinition {
  const definition = loadSync(join(import.meta.dirname, "generator.proto"), { defaults: true });
  return definition[generatorName] as ServiceDefinition;
}

async function generate(
  parts: GrpcParts,
  call: ServerUnaryCall<Request, Reply>,
  done: sendUnaryData<Reply>,
): Promise<void> {
  try {
    const job = plan(parts, call);
    const pieces: string[] = [];
    for await (const piece of parts.engine.run(job, goneWith(call))) pieces.push(piece);
    const { promptTokens, finishReason } = job;
    const reply = {
      model: parts.model,
      text: pieces.join(""),
      finishReason,
      promptTokens,
      completionTokens: pieces.length,
    };
    done(null, reply, countOf(pieces.length));
  } catch (error) {
    done(failureOf(error, 0));
  }
}

async function generateStream(parts: GrpcParts, call: ServerWritableStream<Request, Chunk>): Promise<void> {
  let index = 0;
  try {
    const job = { ...plan(parts, call), failAfter: passes.get(call.metadata)?.faults.streamError?.afterChunks };
    const signal = goneWith(call);
    for await (const text of parts.engine.run(job, signal)) {
      const finishReason = index === job.tokens - 1 ? job.finishReason : "";
      const hasRoom = call.write({ index, text, finishReason } satisfies Chunk);
      if (!hasRoom) await once(call, "drain", { signal });
      index += 1;
    }
    call.end(countOf(index));
  } catch (error) {
    if (call.cancelled) return;
    // The library's way to end a stream with a status: an "error" event that carries one.
    call.emit("error", failureOf(error, index));
  }
}

/** Turns a request into a job, or throws the status that refuses it. */
function plan(parts: GrpcParts, call: Call): Job {
  const { model, prompt, maxTokens } = call.request;
  const pass = passes.get(call.metadata);
  if (model !== parts.model || pass?.faults.missingModel === true) {
    throw new Refusal(status.NOT_FOUND, `The model \`${model}\` does not exist.`);
  }
  if (maxTokens > maxTokensLimit) throw new Refusal(status.INVALID_ARGUMENT, `max_tokens is at most ${maxTokensLimit}`);
  const length = planLength(maxTokens === 0 ? undefined : maxTokens);
  return { promptTokens: countTokens(prompt), ...length, arrivedMs: pass?.arrivedMs ?? performance.now() };
}

type Call = ServerUnaryCall<Request, Reply> | ServerWritableStream<Request, Chunk>;

class Refusal extends Error {
  readonly code: status;
  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** The status that a thrown value ends a call with. */
function failureOf(error: unknown, tokens: number): Error & { code: status; details: string; metadata: Metadata } {
  const message = error instanceof Error ? error.message : "the model server failed";
  const code =
    error instanceof Refusal ? error.code : error instanceof EngineFailure ? status.UNAVAILABLE : status.INTERNAL;
  return Object.assign(new Error(message), { code, details: message, metadata: countOf(tokens) });
}

/** Trailing metadata of our own, so that a proxy that drops trailers is found out. */
function countOf(tokens: number): Metadata {
  const metadata = new Metadata();
  metadata.set("x-generated-tokens", String(tokens));
  return metadata;
}

function goneWith(call: Call): AbortSignal {
  const gone = new AbortController();
  (call as EventEmitter).once("cancelled", () => gone.abort());
  if (call.cancelled) gone.abort();
  return gone.signal;
}
