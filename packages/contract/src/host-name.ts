import { isIP } from "node:net";

/** Unit: characters. 255 octets on the wire, with a length before each label and the root at the end (RFC 1035 §3.1). */
const nameLengthMax = 253;
const labelLengthMax = 63;

/** Why this is no name of a host (RFC 1123 §2.1), or undefined. One spelling only: lower case, no final dot. */
export function whyNotHostName(text: string): string | undefined {
  const because = whyNotName(text, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "letters, digits and inner hyphens");
  if (because !== undefined) return because;
  return /(^|\.)\d+$/.test(text) ? "ends in a number, so it reads as an address" : undefined;
}

/** Why this can't own a record, or undefined. As a host's name, but labels may have underscores: `_acme-challenge.example.org`. */
export const whyNotOwnerName = (text: string): string | undefined =>
  whyNotName(text, /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/, "letters, digits, underscores and inner hyphens");

/** A name that a record points to: it may end in a dot, and has at least two labels, so that it is never relative. */
export function whyNotTarget(text: string): string | undefined {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  return whyNotOwnerName(name) ?? (name.includes(".") ? undefined : "is not a whole name");
}

function whyNotName(text: string, label: RegExp, allowed: string): string | undefined {
  if (isIP(text) !== 0) return "is an address, not a name";
  if (text.endsWith(".")) return "ends in a dot";
  if (text.length > nameLengthMax) return `is longer than ${nameLengthMax} characters, 255 octets on the wire`;
  if (text !== text.toLowerCase()) return "has capital letters";
  for (const part of text.split(".")) {
    if (part === "") return "has an empty label";
    if (part.length > labelLengthMax) return `has a label longer than ${labelLengthMax} octets: ${part.slice(0, 20)}…`;
    if (!label.test(part)) return `has the label ${JSON.stringify(part)}; ${allowed} are allowed`;
  }
  return undefined;
}
