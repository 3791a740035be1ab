import { createReadStream } from "node:fs";
import { access, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "@sluice/core";

/** Writes what only its owner may read, and never over something that is there. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "EEXIST" ? keysExist(path, cause) : notWritable(path, cause);
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    // Half a key is none, and would be in the way of the next try.
    await rm(path, { force: true }).catch(() => undefined);
    throw notWritable(path, cause);
  } finally {
    await file.close();
  }
}

export const keysExist = (path: string, cause?: unknown): SluiceError =>
  new SluiceError("KEYS_EXIST", `${path} is there already; nothing is written over a key`, {
    hint: "Give another directory, or move this one away; `sluice keys rotate` replaces one key.",
    cause,
  });

export const notWritable = (path: string, cause: unknown): SluiceError =>
  new SluiceError("DIRECTORY_READONLY", `cannot write ${path}: ${(cause as Error).message}`, {
    hint: "Give a directory that you may write to.",
    cause,
  });

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A file with a bound, of which no more than one byte beyond it is read: what somebody sends may be anything. */
export async function readBounded(path: string, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of createReadStream(path, { end: bytesMax })) pieces.push(piece as Buffer);
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `cannot read ${path}`, { hint: "Look at the path and its rights.", cause });
  }
  const bytes = Buffer.concat(pieces);
  if (bytes.length <= bytesMax) return bytes.toString("utf8");
  throw new SluiceError("BODY_TOO_LARGE", `${path} is longer than ${bytesMax} bytes`, { hint: "It is no such file." });
}
