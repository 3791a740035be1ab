import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";

/** What a caller asks of the gRPC backend: JSON in a message, so that no schema stands between the test and the bytes. */
export type Order = {
  readonly text?: string;
  readonly afterMs?: number;
  /** Server streams: how many messages, how far apart, and how many bytes of padding in each. */
  readonly count?: number;
  readonly everyMs?: number;
  readonly bytes?: number;
  /** How the call ends. Default: status 0. */
  readonly ending?: Ending;
};

export type Ending = {
  readonly code: number;
  readonly message?: string;
  /** `grpc-status-details-bin`, base64. */
  readonly details?: string;
  readonly trailers?: Readonly<Record<string, string>>;
};

export type Reply = {
  readonly servedBy: string;
  readonly n: number;
  readonly text: string;
  /** How long the caller would still have waited when the call arrived. Unit: milliseconds. */
  readonly deadlineMs?: number;
};

/** Messages as they go over the wire. */
export const asIs = (bytes: Buffer): Buffer => bytes;

const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/conformance.v1.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

export const echoService = {
  unary: method("Unary", false, false),
  server: method("Server", false, true),
  client: method("Client", true, false),
  bidi: method("Bidi", true, true),
} satisfies ServiceDefinition;
