import { randomBytes } from "node:crypto";
import { access, constants, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readConfigFile } from "@sluice/contract";
import { type Config, type KeyEntry, type Keyset, SluiceError } from "@sluice/core";
import { generateKeyPair, readJsonFile, signerFromPem, writeFileAtomic } from "@sluice/runtime";
import type { Layout } from "./layout.ts";
import { prepareCertificates } from "./prepare-certificates.ts";

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

/** Every key, token and certificate that the lab's processes need. What an earlier version made is kept, and what it lacks is made. */
export async function prepareKeys(layout: Layout, config: Config): Promise<void> {
  if (!(await readJsonFile(join(layout.keys, "keyset.json")))) await makeSigners(layout, config);
  await prepareCertificates(layout.keys, config);
}

/** A root key, a keyset that names every agent and arbiter, and the tokens. */
async function makeSigners(layout: Layout, config: Config): Promise<void> {
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
