import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Where Debian's packages put the programs of each major version. */
const versions = "/usr/lib/postgresql";

/** The folder of the newest server on this machine; undefined when there is none. */
export async function serverPrograms(): Promise<string | undefined> {
  const found = await readdir(versions).catch((): string[] => []);
  const newest = found
    .map(Number)
    .filter(Number.isInteger)
    .sort((one, other) => other - one)[0];
  return newest === undefined ? undefined : join(versions, String(newest), "bin");
}

export type User = { readonly uid: number; readonly gid: number } | undefined;

/** PostgreSQL refuses to run as root: for root it runs as the user that Debian's package has made. */
export async function serverUser(): Promise<User> {
  if (process.getuid?.() !== 0) return undefined;
  const ask = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)("id", [flag, "postgres"])).stdout);
  return { uid: await ask("-u"), gid: await ask("-g") };
}

/** A directory of that user's, and a file in it. */
export async function ownedFile(
  directory: string,
  [name, text]: readonly [string, string],
  user: User,
): Promise<string> {
  const file = join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(file, text);
  await chmod(directory, 0o700);
  if (user) for (const path of [file, directory]) await chown(path, user.uid, user.gid);
  return file;
}
