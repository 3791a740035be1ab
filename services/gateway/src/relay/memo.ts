import type { RequestRecord } from "./record.ts";

/**
 * Remembers what was made of a record, and gives it out again for the next one of the same endpoint, if that is alike in all that isn't a
 * request's own: its path, its times, its bytes. Nearly all are, and to see that is quicker than to make it, or to look it up by its text.
 */
export function memoize<T>(make: (record: RequestRecord) => T): (record: RequestRecord) => T {
  const last = new Map<string, { readonly of: RequestRecord; readonly made: T }>();
  return (record) => {
    const endpoint = record.endpoint ?? "";
    const known = last.get(endpoint);
    if (known !== undefined && isAlike(known.of, record)) return known.made;
    const made = make(record);
    if (last.size >= endpointsMax) last.clear();
    last.set(endpoint, { of: record, made });
    return made;
  };
}

const endpointsMax = 1_000;

const isAlike = (one: RequestRecord, other: RequestRecord): boolean =>
  one.status === other.status &&
  one.outcome === other.outcome &&
  one.protocol === other.protocol &&
  one.grpcStatus === other.grpcStatus &&
  one.service === other.service &&
  one.channel === other.channel &&
  one.because === other.because &&
  one.site === other.site &&
  one.endpoint === other.endpoint &&
  one.reason === other.reason;
