import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readKeyFile, writeFileAtomic } from "@sluice/runtime";
import { notWritable } from "./files.ts";
import type { DirectoryOf } from "./make-keys.ts";
import { type Member, needs } from "./member.ts";
import type { Safe } from "./safe.ts";

/** Gives each process what it needs of the installation's own, and nothing else. */
export async function handOut(safe: Safe, members: readonly Member[], directoryOf: DirectoryOf): Promise<void> {
  for (const member of members) {
    const directory = directoryOf(member);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (directory === safe.directory) continue;
    for (const name of needs[member.role]) {
      const text = await readKeyFile(join(safe.directory, name));
      const path = join(directory, name);
      // Not a copy: that has the rights of what it was copied from.
      await writeFileAtomic(path, text).catch((cause: unknown) => {
        throw notWritable(path, cause);
      });
    }
  }
}
