import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Envelope, KeyEntry, Keyset } from "@sluice/core";
import { generateKeyPair, signerFromPem } from "./keys.ts";
import { makeLogger } from "./logger.ts";

export const logger = makeLogger({ service: "test", name: "test", level: "silent" });

/** A key of an arbiter, as an entry and in private. */
export function pairOf(id: string, name = id) {
  const { publicKey, privatePem } = generateKeyPair();
  const entry: KeyEntry = { id, role: "arbiter", name, site: "site-w", publicKey };
  return { entry, privatePem, signer: signerFromPem(privatePem, id) };
}

/** A key directory under a root of its own, with the first keyset in it. */
export async function makeKeysDir(t: TestContext, ...keys: readonly KeyEntry[]) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-keys-"));
  t.after(() => rm(directory, { recursive: true }));
  const root = generateKeyPair();
  const seal = (keyset: Partial<Keyset> & Pick<Keyset, "version">, by = root.privatePem): Envelope =>
    signerFromPem(by, "root").sign("keyset", { installation: "lab", keys, ...keyset });
  await writeFile(join(directory, "root.pub"), root.publicPem);
  await writeFile(join(directory, "keyset.json"), JSON.stringify(seal({ version: 1 })));
  return { directory, seal };
}
