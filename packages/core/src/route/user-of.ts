import type { RouteFacts } from "./route.ts";

/**
 * So much of a user's name counts, in characters. Whatever clients send costs no more to hash than this; two users whose names
 * agree so far go the same way, and nothing worse happens.
 */
export const userLengthMax = 512;

/** The user a request is for: the first affinity header that is there and not empty. Nobody is named by an empty one. */
export function userOf(facts: RouteFacts, affinityHeaders: readonly string[]): string | undefined {
  for (const name of affinityHeaders) {
    const value = facts.header(name);
    if (value !== undefined && value !== "")
      return value.length > userLengthMax ? value.slice(0, userLengthMax) : value;
  }
  return undefined;
}
