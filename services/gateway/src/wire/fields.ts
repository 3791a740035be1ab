import type { HeaderList } from "../relay/inbound.ts";

/**
 * The lines of a header or trailer section (RFC 9112 §5), between `from` and the empty line at `to`, where the text has two line
 * ends: names in lower case, values without the blanks round them. Undefined when anything in it is not exactly as it should be:
 * what one reader forgives another may read differently. So no folded line, no blank before the colon, no bare CR or LF, no
 * control character, no name that isn't a token.
 *
 * The text is Latin-1, so that each character is a byte, and ends in a line end, so that no loop runs past it.
 */
export function parseFields(text: string, from: number, to: number): string[] | undefined {
  const list: string[] = [];
  const end = to + 2;
  let at = from;
  while (at < end) {
    const nameAt = at;
    let kinds = 0;
    for (
      let kind = nameKinds[text.charCodeAt(at)] as number;
      kind !== 0;
      kind = nameKinds[text.charCodeAt(at)] as number
    ) {
      kinds |= kind;
      at += 1;
    }
    if (at === nameAt || text.charCodeAt(at) !== colon) return undefined;
    const name = text.slice(nameAt, at);
    at += 1;
    while (isBlank(text.charCodeAt(at))) at += 1;
    const valueAt = at;
    while (valueKinds[text.charCodeAt(at)] === 1) at += 1;
    if (text.charCodeAt(at) !== cr || text.charCodeAt(at + 1) !== lf) return undefined;
    let valueEnd = at;
    while (valueEnd > valueAt && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
    list.push((kinds & upper) === 0 ? name : name.toLowerCase(), text.slice(valueAt, valueEnd));
    at += 2;
  }
  return list;
}

/** Whether the text up to `to` has only characters that may stand in a request's target: visible ASCII without `#` (RFC 3986). */
export function isTarget(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x21 || code > 0x7e || code === hash) return false;
  }
  return to > from;
}

/** Whether all of the text may stand in a header's value. */
export const isValue = (text: string): boolean => !notInValues.test(text);

/** Whether a piece of a section can already be seen to be wrong, so that nobody waits for an end that would not help. */
export const isHopeless = (text: string): boolean => neverInHeads.test(text);

/** One header that is looked for among those of a message; the values of repeated ones are joined. */
export function fieldOf(fields: HeaderList, wanted: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] === wanted) found = found === undefined ? fields[index + 1] : `${found}, ${fields[index + 1]}`;
  }
  return found;
}

/** Whether a list like `Connection` names this; `token` is in lower case (RFC 9110 §5.6.1). */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined || value.length < token.length) return false;
  const text = value.toLowerCase();
  return text === token || (text.includes(token) && text.split(",").some((part) => part.trim() === token));
}

const [cr, lf, colon, hash] = [0x0d, 0x0a, 0x3a, 0x23];
const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const notInValues = /[^\t\x20-\x7e\x80-\xff]/;
const neverInHeads = /[^\t\r\n\x20-\x7e\x80-\xff]|[^\r]\n|\r[^\n]/;

/** By character code: 0 is no part of a token (RFC 9110 §5.6.2). */
const upper = 2;
const nameKinds = new Uint8Array(256);
for (const sign of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") nameKinds[sign.charCodeAt(0)] = 1;
for (const sign of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") nameKinds[sign.charCodeAt(0)] = upper;

/** By character code: 1 may stand in a value (RFC 9110 §5.5): visible, blank, or beyond ASCII. */
const valueKinds = new Uint8Array(256);
for (let code = 0; code < 256; code += 1) valueKinds[code] = code === 0x09 || (code >= 0x20 && code !== 0x7f) ? 1 : 0;
