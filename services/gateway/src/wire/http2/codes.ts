/** Kinds of frame (RFC 9113 §6). */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Why a stream or a connection is ended (RFC 9113 §7). */
export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;

/** RFC 9113 §6.5.2. */
export const setting = {
  tableBytes: 1,
  push: 2,
  streams: 3,
  windowBytes: 4,
  frameBytes: 5,
  headerBytes: 6,
} as const;

/** What a client begins with (RFC 9113 §3.4). */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Unit: bytes. Of every frame before its payload. */
export const frameHeadBytes = 9;
/** Unit: bytes. The longest payload that everybody takes unasked; we neither send longer ones nor take them (RFC 9113 §4.2). */
export const frameBytesMax = 16_384;
/** Unit: bytes. A window before anybody has said otherwise (RFC 9113 §6.9.2). */
export const windowBytesUnsaid = 65_535;
export const windowBytesMax = 2 ** 31 - 1;
export const streamIdMax = 2 ** 31 - 1;
