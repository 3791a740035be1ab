import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DirectoryOf } from "./make-keys.ts";
import { type Member, needs } from "./member.ts";
import type { Safe } from "./safe.ts";

/** Gives each process what it needs of the installation's own, and nothing else. */
export async function handOut(safe: Safe, members: readonly Member[], directoryOf: DirectoryOf): Promise<void> {
  for (const member of members) {
    const directory = directoryOf(member);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (directory === safe.directory) continue;
    // A copy has the rights of what it was copied from.
    for (const name of needs[member.role]) await copyFile(join(safe.directory, name), join(directory, name));
  }
}
