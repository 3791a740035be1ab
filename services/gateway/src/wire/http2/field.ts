/**
 * What a field may be in a message, found out once where it is read, and remembered with it in HPACK's table: a field that a client
 * says a thousand times is looked at once. `between`: one that HTTP/2 doesn't have, since there connections speak for themselves
 * (RFC 9113 §8.2.2). `blank`: its value begins or ends in a blank, and has no other fault. `bad`: no field at all (RFC 9113 §8.2.1).
 */
export type FieldKind =
  | "plain"
  | ":method"
  | ":scheme"
  | ":authority"
  | ":path"
  | ":status"
  | "content-length"
  | "host"
  | "te"
  | "between"
  | "blank"
  | "bad";

/** A name and its value, a character for each byte. */
export class Field {
  readonly name: string;
  readonly value: string;
  /** Unit: bytes, as tables and lists of fields are measured (RFC 7541 §4.1). */
  readonly size: number;
  readonly kind: FieldKind;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.size = fieldBytes(name, value);
    this.kind = kindOf(name, value);
  }
}

export const fieldBytes = (name: string, value: string): number => name.length + value.length + 32;

export function kindOf(name: string, value: string): FieldKind {
  if (!isValue.test(value)) return "bad";
  const kind = kinds.get(name) ?? (isName.test(name) ? "plain" : "bad");
  return kind === "plain" && isBlankAround.test(value) ? "blank" : kind;
}

const kinds: ReadonlyMap<string, FieldKind> = new Map([
  [":method", ":method"],
  [":scheme", ":scheme"],
  [":authority", ":authority"],
  [":path", ":path"],
  [":status", ":status"],
  ["content-length", "content-length"],
  ["host", "host"],
  ["te", "te"],
  ["connection", "between"],
  ["keep-alive", "between"],
  ["proxy-connection", "between"],
  ["transfer-encoding", "between"],
  ["upgrade", "between"],
]);

/** Tokens (RFC 9110 §5.6.2) in lower case. */
const isName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const isValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const isBlankAround = /^[\t ]|[\t ]$/;
