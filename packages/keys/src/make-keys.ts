import { join } from "node:path";
import type { KeyEntry } from "@sluice/core";
import { generateKeyPair } from "@sluice/runtime";
import { writeSecret } from "./files.ts";
import { isSigning, type Member } from "./member.ts";

/** Where a process's files go. */
export type DirectoryOf = (member: Member) => string;

export type MadeKey = Omit<KeyEntry, "id"> & { readonly privatePem: string };

/** A key for each process that signs, in its own directory. The private half goes nowhere else. */
export async function makeKeys(
  members: readonly Member[],
  directoryOf: DirectoryOf,
  file: (name: string) => string = (name) => `${name}.key`,
): Promise<readonly MadeKey[]> {
  const made: MadeKey[] = [];
  for (const member of members.filter(isSigning)) {
    const { privatePem, publicKey } = generateKeyPair();
    const { name, role, site } = member;
    await writeSecret(join(directoryOf(member), file(name)), privatePem);
    made.push({ name, role, site, publicKey, privatePem });
  }
  return made;
}

/** What of a key may be seen. */
export const publicHalf = ({ name, role, site, publicKey }: MadeKey): Omit<KeyEntry, "id"> => ({
  name,
  role,
  site,
  publicKey,
});
