/** UNKNOWN: what a client makes of an answer that bears no status it can read. */
const unknown = 2;

/**
 * The status of a gRPC answer, as every client library reads it (doc/http-grpc-status-mapping.md of grpc/grpc):
 * `grpc-status` from the trailers or the trailers-only headers where it is there; otherwise by the HTTP status of
 * whatever stood between.
 */
export function grpcStatusOf(grpcStatus: string | undefined, httpStatus: number): number {
  if (grpcStatus !== undefined) return /^\d{1,2}$/.test(grpcStatus) ? known(Number(grpcStatus)) : unknown;
  return byHttpStatus.get(httpStatus) ?? unknown;
}

const known = (status: number): number => (status <= 16 ? status : unknown);

/**
 * A bare 429 becomes UNAVAILABLE for gRPC clients; for us it stays what it says, RESOURCE_EXHAUSTED: the pool is full.
 */
const byHttpStatus: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 8],
  [502, 14],
  [503, 14],
  [504, 14],
]);
