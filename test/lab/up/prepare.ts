import { randomBytes } from "node:crypto";
import { access, constants, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readConfigFile } from "@sluice/contract";
import { type Config, SluiceError } from "@sluice/core";
import { exists, install, prepareCertificates } from "@sluice/keys";
import type { Layout } from "./layout.ts";

export const exampleConfig = resolve(import.meta.dirname, "../../../packages/contract/examples/lab.yaml");

/** Makes the directories, or says plainly why not. */
export async function prepareDirectories(layout: Layout): Promise<void> {
  try {
    for (const directory of [layout.root, layout.keys, layout.logs, layout.cache])
      await mkdir(directory, { recursive: true });
    await access(layout.root, constants.W_OK);
  } catch (cause) {
    throw new SluiceError("DIRECTORY_READONLY", `cannot write to ${layout.root}`, {
      hint: "Give --dir a directory that you may write to, or change the rights of this one.",
      cause,
    });
  }
}

/**
 * The configuration a lab begins with, read and checked; the one it began with once is kept, and `isOther` when it isn't the
 * source's. Nothing is written until `keep` is called.
 */
export async function chooseConfig(
  layout: Layout,
  source: string,
): Promise<{ readonly config: Config; readonly isOther: boolean; keep(): Promise<void> }> {
  const kept = await textOf(layout.config);
  if (kept === undefined) {
    const config = await readConfigFile(source);
    return { config, isOther: false, keep: () => copyFile(source, layout.config) };
  }
  const config = await readConfigFile(layout.config);
  return { config, isOther: kept !== (await textOf(source)), keep: () => Promise.resolve() };
}

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").then(
    (text) => text,
    () => undefined,
  );

/** Every key, token and certificate that the lab's processes need, all in one place. What an earlier version made is kept, and what it lacks is made. */
export async function prepareKeys(layout: Layout, config: Config): Promise<void> {
  const at = { safe: layout.keys, directoryOf: () => layout.keys };
  if (!(await exists(join(layout.keys, "keyset.json")))) {
    // A start that was cut off while it made them: without a keyset nobody has used one of them.
    await rm(layout.keys, { recursive: true, force: true });
    await install(config, at);
  }
  await prepareCertificates(config, at);
  if (!(await exists(layout.adminToken)))
    await writeFile(layout.adminToken, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
}
