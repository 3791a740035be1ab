import { randomBytes } from "node:crypto";
import { access, constants, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readConfigFile } from "@sluice/contract";
import { type Config, type KeyEntry, type Keyset, SluiceError } from "@sluice/core";
import { generateKeyPair, readJsonFile, signerFromPem, writeFileAtomic } from "@sluice/runtime";
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

/** The configuration a lab begins with, read and checked. Nothing is written until `keep` is called. */
export async function chooseConfig(
  layout: Layout,
  source: string,
): Promise<{ readonly config: Config; readonly isKept: boolean; keep(): Promise<void> }> {
  const isKept = await access(layout.config).then(
    () => true,
    () => false,
  );
  const config = await readConfigFile(isKept ? layout.config : source);
  // Once: an edited one is kept.
  const keep = async (): Promise<void> => (isKept ? undefined : copyFile(source, layout.config));
  return { config, isKept, keep };
}

/** A root key, a keyset that names every agent and arbiter, and the tokens; made once and kept. */
export async function prepareKeys(layout: Layout, config: Config): Promise<void> {
  if (await readJsonFile(join(layout.keys, "keyset.json"))) return;
  const root = generateKeyPair();
  const signers = [
    ...config.agents.map((agent) => ({ ...agent, role: "agent" as const })),
    ...config.arbiters.map((arbiter) => ({ ...arbiter, role: "arbiter" as const })),
  ];
  const keys: KeyEntry[] = [];
  for (const { name, role, site } of signers) {
    const pair = generateKeyPair();
    await secret(join(layout.keys, `${name}.key`), pair.privatePem);
    keys.push({ id: name, role, name, site, publicKey: pair.publicKey });
  }
  await secret(join(layout.keys, "root.key"), root.privatePem);
  await writeFileAtomic(join(layout.keys, "root.pub"), root.publicPem);
  for (const token of ["operator.token", "node.token", "admin.token"]) {
    await secret(join(layout.keys, token), `${randomBytes(24).toString("base64url")}\n`);
  }
  const keyset: Keyset = { installation: config.installation, version: 1, keys };
  const envelope = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFileAtomic(join(layout.keys, "keyset.json"), `${JSON.stringify(envelope)}\n`);
}

const secret = (path: string, text: string): Promise<void> => writeFile(path, text, { mode: 0o600 });
