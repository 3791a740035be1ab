import { createPublicKey, randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Keyset, SluiceError } from "@sluice/core";
import {
  generateKeyPair,
  parsePrivateKey,
  readKeyFile,
  readKeyring,
  readPublicKey,
  signerFromKey,
  writeFileAtomic,
} from "@sluice/runtime";
import { exists, keysExist, writeSecret } from "./files.ts";

/** The directory that is kept offline: the root key, the newest keyset, the gateways' authority, and the tokens to hand out. */
export interface Safe {
  readonly directory: string;
  readonly keyset: Keyset;
  /** Signs the next keyset and puts it beside the root key. */
  seal(keyset: Keyset): Promise<void>;
}

/** Nobody has signed anything yet. */
const newKeyset = (installation: string): Keyset => ({ installation, version: 0, keys: [] });

/** A root key, and tokens that nobody can guess. With a passphrase the key is of no use to whoever finds the file. */
export async function makeSafe(directory: string, installation: string, passphrase?: string): Promise<Safe> {
  const key = await makeRoot(directory, passphrase);
  for (const token of ["operator.token", "node.token"])
    await writeSecret(join(directory, token), `${randomBytes(24).toString("base64url")}\n`);
  return openSafe(directory, newKeyset(installation), () => Promise.resolve(key));
}

/**
 * Another root key for the same installation: the keys that the old one named stay, so that processes of both roots understand
 * each other while one after the other gets the new `root.pub` and keyset. The old root's files are kept beside the new ones.
 */
export async function replaceRoot(directory: string, passphrase?: string): Promise<Safe> {
  const keyset = await readKeyset(directory);
  const restore = await moveAside(directory, ["root.key", "root.pub"]);
  try {
    const key = await makeRoot(directory, passphrase);
    const safe = openSafe(directory, keyset, () => Promise.resolve(key));
    await safe.seal({ ...keyset, version: keyset.version + 1 });
    return safe;
  } catch (error) {
    await restore();
    throw error;
  }
}

/** Calls files `.old`, all or none, and answers how to have them back in place of what was made since. */
async function moveAside(directory: string, names: readonly string[]): Promise<() => Promise<void>> {
  const files = names.map((name) => ({ now: join(directory, name), old: join(directory, `${name}.old`) }));
  for (const { old } of files) if (await exists(old)) throw keysExist(old);
  const undo: (() => Promise<void>)[] = [];
  const restore = async (): Promise<void> => {
    for (const step of undo) await step();
  };
  try {
    for (const { now, old } of files) {
      // A root key that was lost is replaced as well: all it takes is a keyset that it signed.
      const isThere = await exists(now);
      if (isThere) await rename(now, old);
      undo.push(() => (isThere ? rename(old, now) : rm(now, { force: true })));
    }
    return restore;
  } catch (error) {
    await restore();
    throw error;
  }
}

async function makeRoot(directory: string, passphrase: string | undefined): Promise<RootKey> {
  const root = generateKeyPair();
  const key = parsePrivateKey(root.privatePem, "the root key");
  const form = { type: "pkcs8", format: "pem" } as const;
  const pem = passphrase === undefined ? form : ({ ...form, cipher: "aes-256-cbc", passphrase } as const);
  await writeSecret(join(directory, "root.key"), key.export(pem).toString());
  await writeFileAtomic(join(directory, "root.pub"), root.publicPem);
  return key;
}

/** A safe that was made before. The root key is read when something is to be signed. */
export async function readSafe(directory: string, passphrase?: string): Promise<Safe> {
  const keyset = await readKeyset(directory);
  const file = join(directory, "root.key");
  return openSafe(directory, keyset, async () => {
    const key = parsePrivateKey(await readKeyFile(file), file, passphrase);
    const pub = await readPublicKey(join(directory, "root.pub"));
    if (createPublicKey(key).equals(pub)) return key;
    throw new SluiceError("KEY_UNREADABLE", `${file} is not the key of root.pub beside it`, {
      hint: "Give --root the directory that `sluice init` made, as it was.",
    });
  });
}

/** The keyset in a directory that has `root.pub` too, verified. */
export const readKeyset = async (directory: string): Promise<Keyset> => (await readKeyring(directory)).keyset;

type RootKey = ReturnType<typeof parsePrivateKey>;

function openSafe(directory: string, start: Keyset, rootKey: () => Promise<RootKey>): Safe {
  let keyset = start;
  return {
    directory,
    get keyset() {
      return keyset;
    },
    async seal(next) {
      const envelope = signerFromKey(await rootKey(), "root").sign("keyset", next);
      await writeFileAtomic(join(directory, "keyset.json"), `${JSON.stringify(envelope)}\n`);
      keyset = next;
    },
  };
}
