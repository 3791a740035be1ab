import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { SluiceError } from "@sluice/core";
import { type Home, isRoot } from "./home.ts";

export type ServerUser = { readonly uid: number; readonly gid: number };

const candidates = ["postgres", "nobody"];

/** Who runs the server when we are root, as Postgres refuses to: the owner of the data, else a user without any rights. */
export async function serverUser(home: Home): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  const owner = await stat(home.data).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of candidates) {
    const user = await lookUp(name);
    if (user) return user;
  }
  throw new SluiceError("STORE_UNAVAILABLE", "Postgres does not run as root, and there is no other user for it", {
    hint: "Add one: useradd --system postgres. Or start this as an ordinary user.",
  });
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  const ask = async (flag: string): Promise<number> => Number((await promisify(execFile)("id", [flag, name])).stdout);
  try {
    return { uid: await ask("-u"), gid: await ask("-g") };
  } catch {
    return undefined;
  }
}

/** Root passes through every folder, but the server's user may not. Says which folders are shut, and how to open them. */
export async function checkReach(paths: readonly string[], user: ServerUser | undefined): Promise<void> {
  if (!user) return;
  const shut = new Set<string>();
  for (const path of paths) {
    for (const folder of foldersTo(path)) {
      if (!(await canEnter(folder, user))) shut.add(folder);
    }
  }
  if (shut.size === 0) return;
  const folders = [...shut].map((folder) => `'${folder}'`).join(" ");
  throw new SluiceError("DIRECTORY_READONLY", `user ${user.uid}, who runs Postgres for root, cannot enter ${folders}`, {
    hint: `Let others pass through: chmod o+x ${folders}. Or start this as an ordinary user, or from another directory.`,
  });
}

/** A path and all above it, the root first. */
const foldersTo = (path: string): readonly string[] =>
  path === dirname(path) ? [path] : [...foldersTo(dirname(path)), path];

async function canEnter(folder: string, { uid, gid }: ServerUser): Promise<boolean> {
  const { mode, uid: owner, gid: group } = await stat(folder);
  if (owner === uid) return (mode & 0o100) !== 0;
  return (mode & (group === gid ? 0o010 : 0o001)) !== 0;
}
