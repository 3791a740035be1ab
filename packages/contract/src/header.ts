/**
 * Headers that end at each hop (RFC 9110 §7.6.1), and the length that a message ends by: what they say is about the connection,
 * and a gateway takes them off before it looks at anything.
 */
const ofConnection = [
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Why requests can't be routed by a header of this name, or undefined. A name is a token (RFC 9110 §5.6.2). */
export function whyNotHeaderName(text: string): string | undefined {
  if (text !== text.toLowerCase()) return "has capital letters; headers are compared in lower case";
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(text)) return "is no header's name";
  if (ofConnection.includes(text)) return "is about the connection, and not passed on";
  if (text.startsWith("x-sluice-")) return "is Sluice's own, and taken off what comes from outside";
  return undefined;
}

/** Why no client could send this as a header's value, or undefined. Visible ASCII, with inner spaces (RFC 9110 §5.5). */
export const whyNotHeaderValue = (text: string): string | undefined =>
  /^[!-~]([ -~]*[!-~])?$/.test(text) ? undefined : "is no header's value";
