import { chown, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Home, makePassword } from "./home.ts";
import type { Programs } from "./programs.ts";
import { run } from "./run.ts";
import type { ServerUser } from "./server-user.ts";

/** The superuser of an embedded database. */
export const databaseUser = "sluice";

type Options = {
  readonly programs: Programs;
  readonly user: ServerUser | undefined;
  readonly log: (message: string) => void;
};

/**
 * Makes the data of an empty database, once. It is made elsewhere and moved into place when it is whole, so a start that was
 * killed half-way is begun anew by the next.
 */
export async function initialise(home: Home, options: Options): Promise<void> {
  if ((await readdir(home.data).catch(() => [])).length > 0) return;
  await clearAway(home);
  const fresh = await mkdtemp(unfinished(home));
  await makePassword(home);
  if (options.user) {
    for (const path of [fresh, home.passwordFile]) await chown(path, options.user.uid, options.user.gid);
  }
  const flags = [
    `--pgdata=${fresh}`,
    `--username=${databaseUser}`,
    `--pwfile=${home.passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
  const ended = await run(options.programs.initdb, flags, options).ended;
  if (ended.code !== 0) throw ended.failure("initdb failed", "Mend what it says, and start again.");
  await rename(fresh, home.data);
  await sync(home.directory);
}

/** Of a name of its own each time, as the initdb of a killed start may still be writing to the last one. */
const unfinished = (home: Home): string => `${home.data}.new-`;

async function clearAway(home: Home): Promise<void> {
  for (const name of await readdir(home.directory)) {
    if (!name.startsWith(basename(unfinished(home)))) continue;
    await rm(join(home.directory, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A rename is on disk only when its folder is. */
async function sync(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}
