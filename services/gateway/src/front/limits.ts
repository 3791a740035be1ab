/**
 * What a client may cost. There is no limit on how long an exchange takes, only on how long it may be still: a generation
 * may well go on for an hour. Raising a limit lets slow or greedy clients hold more for longer.
 */
export const limits = {
  /** Unit: bytes. All headers of a request together. */
  headerBytes: 16_384,
  headerCount: 200,
  /** Unit: milliseconds. From the first byte of a request to the end of its headers; against slow-loris. */
  headersMs: 10_000,
  /** Unit: milliseconds. How long a connection without a request is kept. */
  keptMs: 65_000,
  /** Unit: milliseconds. How long neither side of an exchange may send anything. */
  idleMs: 300_000,
  /** Unit: milliseconds. How long a new connection may take to say which protocol it speaks. */
  sniffMs: 10_000,
  connections: 20_000,
  /** Streams at once on one HTTP/2 connection. */
  streams: 256,
  /** Unit: bytes. Of bodies that no pool takes, so much of one HTTP/2 connection lies here before it is asked for no more. */
  heldBytes: 16_777_216,
  /** HTTP/2 streams that a client may reset: so many at once, and so many a second after that (CVE-2023-44487). */
  resetBurst: 1_000,
  resetsPerSecond: 33,
} as const;

export type Limits = { readonly [name in keyof typeof limits]: number };
