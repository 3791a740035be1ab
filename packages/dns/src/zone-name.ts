/*
 * Names of the zone as people write them. "@" is the apex; a name that ends with the zone's is whole already; any other is
 * relative to the zone, unless a final dot says that it is not.
 */

/** The name in full: lower case, without the final dot. */
export function ownerName(name: string, apex: string): string {
  const lower = plainName(name);
  const zone = plainName(apex);
  if (name === "@" || name === "" || lower === zone) return zone;
  return name.endsWith(".") || lower.endsWith(`.${zone}`) ? lower : `${lower}.${zone}`;
}

/** A CNAME's target in full. One that has a dot is taken as it stands, for most lead out of the zone. */
export function targetName(name: string, apex: string): string {
  const lower = plainName(name);
  return name !== "@" && lower.includes(".") ? lower : ownerName(name, apex);
}

/** True for the zone's apex and everything below. Both names in full. */
export const isInZone = (name: string, apex: string): boolean => name === apex || name.endsWith(`.${apex}`);

/** Lower case, without the final dot. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** What is wrong with a name in full, or undefined: labels of 1 to 63 octets, 255 in all with their lengths (RFC 1035 §2.3.4). */
export function nameFault(name: string): string | undefined {
  const labels = name.split(".");
  if (labels.includes("*")) return `${name} is a wildcard, and those are not answered here`;
  if (name.length > 253) return `${name.slice(0, 32)}… is longer than 253 characters`;
  const bad = labels.find((label) => !/^[a-z0-9_-]{1,63}$/.test(label));
  if (bad === undefined) return undefined;
  return bad === "" ? `${name} has an empty label` : `${bad.slice(0, 64)} in ${name} is no label of 1 to 63 letters`;
}
