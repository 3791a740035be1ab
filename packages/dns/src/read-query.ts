/** What a query asks, read from its raw bytes: dns2's parser is forgiving where a nameserver on the open net must not be. */
export type Query = {
  readonly kind: "query";
  /** Lower case, without the last dot; "" is the root. Odd bytes are replaced, so such a name matches nothing. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question section byte for byte: its case is part of a resolver's defence (0x20). */
  readonly question: Uint8Array;
  readonly edns: Edns | undefined;
};

/** To be answered FORMERR. The question goes back when it could be read; never a part of one. */
export type Malformed = { readonly kind: "malformed"; readonly question: Uint8Array };

/** `size` is the client's buffer. Unit: bytes. */
export type Edns = { readonly size: number; readonly version: number; readonly dnssecOk: boolean };

const headerBytes = 12;
const optType = 41;
const noQuestion: Malformed = { kind: "malformed", question: new Uint8Array(0) };

/** Reads a query that has a whole header. */
export function readQuery(bytes: Uint8Array): Query | Malformed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // One question, neither none nor two (RFC 9619).
  if (view.getUint16(4) !== 1) return noQuestion;
  const name = readName(bytes, headerBytes);
  if (!name || name.end + 4 > bytes.length) return noQuestion;
  const question = bytes.subarray(headerBytes, name.end + 4);
  const records = view.getUint16(6) + view.getUint16(8);
  const edns = readEdns(view, { at: name.end + 4, records, additionals: view.getUint16(10) });
  if (edns === "malformed") return { kind: "malformed", question };
  const [type, klass] = [view.getUint16(name.end), view.getUint16(name.end + 2)];
  return { kind: "query", name: name.text, type, class: klass, question, edns };
}

/** A name without compression: nothing stands before a question that it could point to. */
function readName(bytes: Uint8Array, start: number): { text: string; end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (at + length > bytes.length || at + length - start > 255) return undefined;
    if (length === 0) return { text: labels.join("."), end: at };
    labels.push(String.fromCharCode(...bytes.subarray(at, at + length).map(plain)));
    at += length;
  }
}

/** Lower case; a dot inside a label, or a byte that is no visible ASCII, becomes "?", which no zone contains. */
function plain(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20;
  return byte <= 0x20 || byte >= 0x7f || byte === 0x2e ? 0x3f : byte;
}

type Sections = { readonly at: number; readonly records: number; readonly additionals: number };

/** Walks all records that the header counts, so counts that lie are found. Bounded by the packet: a record has 11 bytes. */
function readEdns(view: DataView, sections: Sections): Edns | undefined | "malformed" {
  let at = sections.at;
  let edns: Edns | undefined;
  for (let index = 0; index < sections.records + sections.additionals; index += 1) {
    const end = skipName(view, at);
    if (end === undefined || end + 10 > view.byteLength) return "malformed";
    if (view.getUint16(end) === optType) {
      const rootOwner = end === at + 1;
      if (edns || !rootOwner || index < sections.records) return "malformed";
      if (!areOptions(view, end + 10, view.getUint16(end + 8))) return "malformed";
      const dnssecOk = (view.getUint8(end + 6) & 0x80) !== 0;
      edns = { size: view.getUint16(end + 2), version: view.getUint8(end + 5), dnssecOk };
    }
    at = end + 10 + view.getUint16(end + 8);
    if (at > view.byteLength) return "malformed";
  }
  return edns;
}

function skipName(view: DataView, start: number): number | undefined {
  let at = start;
  while (at < view.byteLength && at - start <= 255) {
    const length = view.getUint8(at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length > 63) return undefined;
    at += length + 1;
  }
  return undefined;
}

function areOptions(view: DataView, start: number, length: number): boolean {
  const end = start + length;
  if (end > view.byteLength) return false;
  let at = start;
  while (at + 4 <= end) at += 4 + view.getUint16(at + 2);
  return at === end;
}
