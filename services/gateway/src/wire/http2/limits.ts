/** What one connection of HTTP/2 allows the other side. */
export type SessionLimits = {
  /** Unit: bytes. All fields of a message together, each with 32 more (RFC 9113 §6.5.2). */
  readonly headerBytes: number;
  readonly headerCount: number;
  /** Streams that the other side may have open at once. */
  readonly streams: number;
  /** Streams that it may have broken off: so many at once, and so many a second after that. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** Unit: bytes. What may lie here of bodies that nobody takes, before nothing more of any is asked for. */
  readonly heldBytes: number;
};

/** Unit: bytes. What may be on its way on one stream: raising it costs as much for each stream whose reader is slow. */
export const streamWindowBytes = 262_144;
/** Unit: bytes. What may be on its way on all streams of a connection together. */
export const sessionWindowBytes = 1_048_576;
/** Frames that bring nothing, and those that ask for an answer: so many at once, and so many a second after that. */
export const idleBurst = 10_000;
export const idlePerSecond = 1_000;
/** Answers before the answer (1xx) to one request. */
export const interimsMax = 16;
