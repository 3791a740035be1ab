/*
 * HTTP/2 by hand (RFC 9113), for what no client library would send: floods, and headers that must not be. Headers are
 * written as HPACK literals without indexing (RFC 7541 §6.2.2), which every decoder takes and no table remembers.
 */

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
export const flags = { ack: 1, endStream: 1, endHeaders: 4 } as const;

export type Frame = {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
};

export function frame({ type, flags: set = 0, stream = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(set, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A block of headers, byte for byte: nothing is checked or put in lower case. */
const headerBlock = (headers: HeaderList): Buffer =>
  Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 §5.1 with a prefix of seven bits, no Huffman. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A GET, opened and ended by one frame. */
export const getFrame = (stream: number, authority: string, more: HeaderList = []): Buffer =>
  frame({
    type: frameTypes.headers,
    flags: flags.endHeaders | flags.endStream,
    stream,
    payload: headerBlock([
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", authority],
      [":path", "/echo"],
      ...more,
    ]),
  });

export function resetFrame(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return frame({ type: frameTypes.rstStream, stream, payload });
}

/** The frames in a run of bytes; an unfinished one at the end is left out. */
export function parseFrames(bytes: Buffer): readonly Required<Frame>[] {
  const frames: Required<Frame>[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    if (at + 9 + length > bytes.length) break;
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}
