/** A query as a test writes it. Everything may be wrong on purpose. */
export type Asked = {
  readonly name: string | Uint8Array;
  readonly type?: number;
  readonly class?: number;
  readonly id?: number;
  /** The two bytes of flags. Default: RD. */
  readonly flags?: number;
  readonly counts?: readonly [number, number, number, number];
  /** What stands behind the question. */
  readonly rest?: readonly number[];
};

/** The wire form of a name in text form: `a.b`, or "" for the root. */
export function wireName(name: string): Uint8Array {
  const labels = name === "" ? [] : name.split(".");
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]), 0]);
}

export function makeQuery(asked: Asked): Buffer {
  const { type = 1, class: klass = 1, id = 0xabcd, flags = 0x0100, rest = [] } = asked;
  const counts = asked.counts ?? [1, 0, 0, rest.length > 0 ? 1 : 0];
  const name = typeof asked.name === "string" ? wireName(asked.name) : asked.name;
  const words = [id, flags, ...counts];
  return Buffer.from([...words.flatMap(twoBytes), ...name, ...twoBytes(type), ...twoBytes(klass), ...rest]);
}

export const twoBytes = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];

/** An OPT record (RFC 6891 §6.1.2), `flags` being DO and Z. */
export function opt(size: number, more: { version?: number; flags?: number; options?: readonly number[] } = {}) {
  const { version = 0, flags = 0, options = [] } = more;
  return [
    0,
    ...twoBytes(41),
    ...twoBytes(size),
    0,
    version,
    ...twoBytes(flags),
    ...twoBytes(options.length),
    ...options,
  ];
}

export type MessageRecord = {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
};

export type Message = {
  readonly id: number;
  readonly flags: { [flag in "qr" | "aa" | "tc" | "rd" | "ra" | "z" | "ad" | "cd"]: boolean };
  readonly opcode: number;
  readonly rcode: number;
  readonly question: Buffer;
  readonly answers: readonly MessageRecord[];
  readonly authorities: readonly MessageRecord[];
  readonly additionals: readonly MessageRecord[];
};

/**
 * Reads a reply as a strict client would, and throws at anything that is not as it should be: counts that lie, a pointer that
 * leads forward, a byte behind the end.
 */
export function readMessage(bytes: Buffer): Message {
  const flag = (bit: number): boolean => (bytes.readUInt16BE(2) & bit) !== 0;
  const questions = bytes.readUInt16BE(4);
  if (questions > 1) throw new Error(`${questions} questions`);
  let at = 12;
  if (questions === 1) at = readName(bytes, at).end + 4;
  if (at > bytes.length) throw new Error("the question is cut short");
  const question = bytes.subarray(12, at);
  const section = (count: number): MessageRecord[] =>
    Array.from({ length: count }, () => {
      const { name, end } = readName(bytes, at);
      const length = bytes.readUInt16BE(end + 8);
      at = end + 10 + length;
      if (at > bytes.length) throw new Error("a record is cut short");
      const [type, klass, ttl] = [bytes.readUInt16BE(end), bytes.readUInt16BE(end + 2), bytes.readUInt32BE(end + 4)];
      return { name, type, class: klass, ttl, data: bytes.subarray(end + 10, at) };
    });
  const [answers, authorities, additionals] = [6, 8, 10].map((offset) => section(bytes.readUInt16BE(offset))) as [
    MessageRecord[],
    MessageRecord[],
    MessageRecord[],
  ];
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the end`);
  const bits = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, z: 0x40, ad: 0x20, cd: 0x10 };
  const flags = Object.fromEntries(Object.entries(bits).map(([name, bit]) => [name, flag(bit)])) as Message["flags"];
  const word = bytes.readUInt16BE(2);
  const head = { id: bytes.readUInt16BE(0), flags, opcode: (word >> 11) & 15, rcode: word & 15 };
  return { ...head, question, answers, authorities, additionals };
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let [at, end, before] = [start, 0, start];
  for (;;) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      end ||= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      if (at >= before) throw new Error(`a pointer to ${at} does not lead back`);
      before = at;
    } else if (length > 63) throw new Error(`a label of ${length}`);
    else if (length === 0) return { name: labels.join("."), end: end || at + 1 };
    else {
      labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
      if (labels.join(".").length > 253) throw new Error("a name of more than 255 octets");
    }
  }
}
