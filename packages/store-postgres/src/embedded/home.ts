import { randomBytes } from "node:crypto";
import { access, chmod, constants, mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SluiceError } from "@sluice/core";

/** Where an embedded Postgres lives. Paths are real ones, without symbolic links. */
export type Home = {
  readonly directory: string;
  readonly data: string;
  /** Holds the database password: other users of this machine reach the port too. */
  readonly passwordFile: string;
};

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Makes the directory if need be, and says what is wrong with it before Postgres stumbles over it. */
export async function prepareHome(directory: string): Promise<Home> {
  const real = await makeDirectory(resolve(directory));
  const home = { directory: real, data: join(real, "data"), passwordFile: join(real, "password") };
  await checkOwner(home);
  await checkData(home);
  return home;
}

/** Undefined before the first start. */
export const readPassword = (home: Home): Promise<string | undefined> =>
  readFile(home.passwordFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(home.directory, error);
  });

export async function makePassword(home: Home): Promise<void> {
  await writeFile(home.passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600, flush: true });
}

async function makeDirectory(directory: string): Promise<string> {
  try {
    const first = await mkdir(directory, { recursive: true });
    if (first !== undefined && isRoot()) await openFolders(first, directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(directory);
  } catch (cause) {
    throw unusable(directory, cause);
  }
}

/** Root may have a umask that shuts everybody out; the server, which doesn't run as root, must pass through what we made. */
async function openFolders(first: string, last: string): Promise<void> {
  for (let folder = last; folder.length >= first.length; folder = dirname(folder)) await chmod(folder, 0o755);
}

/** Only who owns the data may run a server on it. */
async function checkOwner({ data }: Home): Promise<void> {
  const uid = process.getuid?.();
  const owner = (await stat(data).catch(() => undefined))?.uid;
  if (owner === undefined || uid === undefined || uid === 0 || owner === uid) return;
  throw new SluiceError("DIRECTORY_READONLY", `${data} belongs to user ${owner}, and this is user ${uid}`, {
    hint: `Run as the user who made it, give it over (chown -R ${uid} '${dirname(data)}'), or name another directory.`,
  });
}

/** Data is either not there yet, or whole: it is moved into place once it is. */
async function checkData(home: Home): Promise<void> {
  const names = await namesIn(home.data);
  if (names.length === 0) return;
  const hint = `Put a backup in its place, or move ${home.directory} away to begin with an empty database.`;
  if (!names.includes("PG_VERSION")) {
    throw new SluiceError("STORE_UNAVAILABLE", `${home.data} holds files, but no Postgres data`, { hint });
  }
  if ((await readPassword(home)) === undefined) {
    throw new SluiceError("STORE_UNAVAILABLE", `the password of ${home.data} is missing: ${home.passwordFile}`, {
      hint,
    });
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw unusable(directory, error);
  }
}

const unusable = (path: string, cause: unknown): SluiceError =>
  new SluiceError("DIRECTORY_READONLY", `cannot use ${path}: ${cause instanceof Error ? cause.message : "no reason"}`, {
    hint: "Give yourself the right to read, write and enter it, or name another directory.",
    cause,
  });
