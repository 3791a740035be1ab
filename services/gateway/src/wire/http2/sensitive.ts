/*
 * Who says that a value must never be remembered means every neighbour on the way (RFC 7541 §7.1.3): somebody who shares the connection
 * could find it out by what fits the table. A list of headers has no place for that, so it is remembered by name, for all of them.
 */

const names = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie"]);
const namesMax = 256;

export function noteSensitive(name: string): void {
  if (names.size < namesMax && !name.startsWith(":")) names.add(name);
}

export const isSensitive = (name: string): boolean => names.has(name);
/** How many there are: whoever has asked about a name need not ask again before this has changed. */
export const sensitiveCount = (): number => names.size;
