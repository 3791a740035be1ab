import { createPublicKey, type KeyObject } from "node:crypto";
import { rename } from "node:fs/promises";
import { SluiceError } from "@sluice/core";
import type { Keyring } from "./keyring.ts";
import { parsePrivateKey, readKeyFile, type Signer, signerFromKey } from "./keys.ts";
import type { Logger } from "./logger.ts";

/** How long others have to take a keyset before anything is signed by a key that is new in it. Unit: milliseconds. */
const usualSettleMs = 10_000;

type Own = { readonly publicKey: string; readonly key: KeyObject };

/**
 * Signs with a process's own key, `NAME.key`. A second one, `NAME.next.key`, takes its place without a restart when the keyset
 * has named it for ten seconds, or at once when the first may sign no more. Whoever hasn't heard of the new key by then can't be
 * reached anyway.
 */
export async function readOwnSigner(of: {
  readonly keysDir: string;
  readonly name: string;
  readonly keyring: Keyring;
  readonly logger?: Logger;
  /** Tests shorten it. */
  readonly settleMs?: number;
}): Promise<Signer> {
  const { name, keyring, settleMs = usualSettleMs } = of;
  const files = { now: `${of.keysDir}/${name}.key`, next: `${of.keysDir}/${name}.next.key` };
  let inUse = await readOwn(files.now);
  let next: { readonly own: Own; readonly since: number } | undefined;

  const idOf = (own: Own): string => {
    const { keys, revoked = [] } = keyring.keyset;
    const entry = [...keys, ...revoked].find((each) => each.name === name && bare(each.publicKey) === own.publicKey);
    return entry?.id ?? name;
  };
  const isGood = (own: Own): boolean =>
    keyring.keyset.keys.some((each) => each.name === name && bare(each.publicKey) === own.publicKey);

  /** A next key that can't be read would let a rotation wait for ever, and nobody know why. */
  function tellUnlessAbsent(error: Error): undefined {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return;
    of.logger?.error({ event: "key-unreadable" }, `${files.next} can't take ${files.now}'s place: ${error.message}`);
  }

  async function look(): Promise<void> {
    const own = await readOwn(files.next).catch(tellUnlessAbsent);
    if (!own || own.publicKey === inUse.publicKey || !isGood(own)) return;
    if (next?.own.publicKey !== own.publicKey) next = { own, since: performance.now() };
  }

  function current(): Own {
    if (!next || !isGood(next.own)) return inUse;
    if (isGood(inUse) && performance.now() - next.since < settleMs) return inUse;
    inUse = next.own;
    next = undefined;
    // Where the directory can't be written to, the next start does this again.
    rename(files.next, files.now).catch(() => undefined);
    return inUse;
  }

  await look();
  keyring.onChange(() => void look());
  return {
    get keyId() {
      return idOf(current());
    },
    sign(kind, value) {
      const own = current();
      return signerFromKey(own.key, idOf(own)).sign(kind, value);
    },
  };
}

async function readOwn(file: string): Promise<Own> {
  const pem = await readKeyFile(file);
  const key = parsePrivateKey(pem, file);
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new SluiceError("KEY_UNREADABLE", `${file} is no Ed25519 key`);
  return { publicKey: x, key };
}

const bare = (publicKey: string): string => publicKey.replace(/=$/, "");
