import { SluiceError } from "@sluice/core";

type Named = { readonly name: string };

/**
 * The entry that configures this very process, from the first list that names it: the configuration in force, then the file's.
 * A node that a newer revision no longer names goes on as the file says; it is taken out of service by stopping it.
 */
export function ownEntry<E extends Named>(
  what: string,
  name: string,
  lists: readonly [readonly E[], ...(readonly E[])[]],
): E {
  const own = lists.flat().find((entry) => entry.name === name);
  if (own) return own;
  const known = lists[0].map((entry) => entry.name).join(", ");
  throw new SluiceError("CONFIG_INVALID", `no ${what} is called ${name}`, {
    hint: known === "" ? `The configuration names none: add it to \`${what}s\`.` : `The configuration names ${known}.`,
  });
}
