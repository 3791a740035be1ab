import { join } from "node:path";
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type StatusObject,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type Asking, type Found, patienceMs } from "./exchange.ts";
import type { Sender } from "./send-http.ts";

const generatorName = "sluice.lab.v1.Generator";

/** Loaded when first asked for: it costs 25 MB. A connection for each gateway, over which all calls go. */
export function makeGrpcSender(): Sender {
  const definition = loadSync(join(import.meta.dirname, "../model-server/generator.proto"), { defaults: true });
  const method = (definition[generatorName] as ServiceDefinition)["Generate"] as MethodDefinition<object, object>;
  const clients = new Map<string, Client>();
  const clientOf = ({ at, host }: Asking): Client => {
    const target = `${at.address}:${at.port}`;
    const known = clients.get(target);
    if (known) return known;
    const client = new Client(target, credentials.createInsecure(), {
      "grpc.default_authority": host,
      // A call that fails is to be seen, and a gateway that is back is to be found soon.
      "grpc.enable_retries": 0,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
    });
    clients.set(target, client);
    return client;
  };
  return {
    send: (asking, signal) => call(clientOf(asking), method, { asking, signal }),
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

type Calling = { readonly asking: Asking; readonly signal: AbortSignal };

function call(client: Client, method: MethodDefinition<object, object>, of: Calling): Promise<Found> {
  const { asking, signal } = of;
  const startedAt = performance.now();
  const metadata = new Metadata();
  if (asking.user !== undefined) metadata.set("x-user-id", asking.user);
  return new Promise((settle) => {
    let servedBy: string | undefined;
    let ttftMs: number | undefined;
    const outgoing = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { model: asking.model, prompt: "How are you today?", maxTokens: 4 },
      metadata,
      { deadline: Date.now() + patienceMs },
      () => undefined,
    );
    const cancel = (): void => outgoing.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const servedIn = (found: Metadata): string | undefined => found.get("x-served-by")[0]?.toString();
    outgoing.on("metadata", (initial: Metadata) => {
      ttftMs = performance.now() - startedAt;
      servedBy = servedIn(initial);
    });
    outgoing.on("status", (status: StatusObject) => {
      signal.removeEventListener("abort", cancel);
      servedBy ??= servedIn(status.metadata);
      const isWell = status.code === 0;
      settle({ servedBy, ttftMs: isWell ? ttftMs : undefined, error: isWell ? undefined : `grpc ${status.code}` });
    });
  });
}
