import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "@sluice/core";

/** Writes what only its owner may read, and never over something that is there. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw keysExist(path, cause);
    throw notWritable(path, cause);
  }
}

export const keysExist = (path: string, cause?: unknown): SluiceError =>
  new SluiceError("KEYS_EXIST", `${path} is there already; nothing is written over a key`, {
    hint: "Give another directory, or move this one away; `sluice keys rotate` replaces one key.",
    cause,
  });

const notWritable = (path: string, cause: unknown): SluiceError =>
  new SluiceError("DIRECTORY_READONLY", `cannot write ${path}: ${(cause as Error).message}`, {
    hint: "Give a directory that you may write to.",
    cause,
  });

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A file with a bound: what somebody sends may be anything. */
export async function readBounded(path: string, bytesMax: number): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length <= bytesMax) return text;
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `cannot read ${path}`, { hint: "Look at the path and its rights.", cause });
  }
  throw new SluiceError("BODY_TOO_LARGE", `${path} is longer than ${bytesMax} bytes`, { hint: "It is no such file." });
}
