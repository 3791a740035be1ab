import type { KeyObject } from "node:crypto";
import { access } from "node:fs/promises";
import { parseEnvelope, parseKeyset } from "@sluice/contract";
import { type Envelope, type EnvelopeKind, type KeyEntry, type KeyRole, type Keyset, SluiceError } from "@sluice/core";
import { readJsonFile, writeFileAtomic } from "./files.ts";
import { isSignedBy, publicKeyFromRaw, readPublicKey } from "./keys.ts";
import type { Logger } from "./logger.ts";

export type Opened =
  | { readonly kind: "ok"; readonly name: string; readonly site: string; readonly value: unknown }
  | {
      readonly kind: "refused";
      readonly because: "unknown-key" | "revoked-key" | "wrong-role" | "bad-signature" | "not-json";
    };

/**
 * What came of a keyset that somebody offered. `not-kept`: it is in force, and couldn't be written to disk. `other-content`: the
 * root key has signed two keysets of one version, which only two roots' keepers, or a thief, can do.
 */
export type KeysetOffer = "taken" | "not-kept" | "repeat" | "older" | "other-content" | "not-ours";

/** Who may sign what, by the newest keyset that the root key has signed. */
export interface Keyring {
  readonly keyset: Keyset;
  readonly envelope: Envelope;
  /** The value in an envelope, if a key of that role signed it as that kind. */
  open(kind: EnvelopeKind, envelope: Envelope, role: KeyRole): Opened;
  /** As `open`, for what was taken before and kept: a key that has been revoked since will do. */
  openKept(kind: EnvelopeKind, envelope: Envelope, role: KeyRole): Opened;
  standing(keyId: string): "good" | "revoked" | "unknown";
  /** Takes a keyset with a higher version that the root has signed, and keeps it on disk. */
  offer(envelope: Envelope): Promise<KeysetOffer>;
  /** Tells when a newer keyset is in force; call the answer to be told no more. */
  onChange(listener: () => void): () => void;
}

/**
 * Reads `root.pub` and `keyset.json`; a newer keyset kept in the state directory wins. One there that doesn't verify is told of
 * as an error: without it, keys that it revoked are good again until an arbiter is asked.
 */
export async function readKeyring(keysDir: string, stateDir?: string, logger?: Logger): Promise<Keyring> {
  const root = await readPublicKey(`${keysDir}/root.pub`);
  const installed = openKeyset(root, await readJsonFile(`${keysDir}/keyset.json`));
  if (!installed) {
    const hint = "It must be signed by the root key whose public half is root.pub beside it.";
    throw new SluiceError("KEY_UNREADABLE", `${keysDir}/keyset.json does not verify`, { hint });
  }
  if (stateDir === undefined) return makeKeyring(root, installed, () => Promise.resolve());
  const file = `${stateDir}/keyset.json`;
  const kept = openKeyset(root, await readJsonFile(file));
  if (!kept && (await isThere(file))) {
    const why = "it is damaged, or signed by a root key that was replaced";
    logger?.error({ event: "damaged" }, `${file} does not verify: ${why}; ${keysDir}/keyset.json is in force`);
  }
  const newest = kept && offeredTo(installed, kept) === "taken" ? kept : installed;
  return makeKeyring(root, newest, (envelope) => writeFileAtomic(file, `${JSON.stringify(envelope)}\n`));
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

type Loaded = {
  readonly keyset: Keyset;
  readonly envelope: Envelope;
  readonly keys: ReadonlyMap<string, KeyObject>;
};

function makeKeyring(root: KeyObject, start: Loaded, keep: (envelope: Envelope) => Promise<void>): Keyring {
  let loaded = start;
  const listeners = new Set<() => void>();
  /** One write at a time, and the newest last. */
  let writing: Promise<unknown> = Promise.resolve();

  function openWith(entry: KeyEntry, kind: EnvelopeKind, envelope: Envelope): Opened {
    const key = loaded.keys.get(entry.id);
    if (!key || !isSignedBy(key, kind, envelope)) return { kind: "refused", because: "bad-signature" };
    try {
      return { kind: "ok", name: entry.name, site: entry.site, value: JSON.parse(envelope.payload) };
    } catch {
      return { kind: "refused", because: "not-json" };
    }
  }

  return {
    get keyset() {
      return loaded.keyset;
    },
    get envelope() {
      return loaded.envelope;
    },
    open(kind, envelope, role) {
      const { entry, isRevoked } = findKey(loaded.keyset, envelope.keyId);
      if (!entry) return { kind: "refused", because: "unknown-key" };
      if (isRevoked) return { kind: "refused", because: "revoked-key" };
      return entry.role === role ? openWith(entry, kind, envelope) : { kind: "refused", because: "wrong-role" };
    },
    openKept(kind, envelope, role) {
      const { entry } = findKey(loaded.keyset, envelope.keyId);
      if (!entry) return { kind: "refused", because: "unknown-key" };
      return entry.role === role ? openWith(entry, kind, envelope) : { kind: "refused", because: "wrong-role" };
    },
    standing(keyId) {
      const { entry, isRevoked } = findKey(loaded.keyset, keyId);
      if (!entry) return "unknown";
      return isRevoked ? "revoked" : "good";
    },
    async offer(envelope) {
      const next = openKeyset(root, envelope);
      const result = next ? offeredTo(loaded, next) : "not-ours";
      if (!next || result !== "taken") return result;
      // In force at once, on disk or not: a revocation must not wait for a disk that is full.
      loaded = next;
      for (const listener of listeners) listener();
      const written = writing.then(() => keep(envelope));
      writing = written.catch(() => undefined);
      return written.then(
        () => "taken" as const,
        () => "not-kept" as const,
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function findKey({ keys, revoked = [] }: Keyset, id: string) {
  const entry = keys.find((each) => each.id === id);
  if (entry) return { entry, isRevoked: false };
  return { entry: revoked.find((each) => each.id === id), isRevoked: true };
}

function offeredTo(held: Loaded, next: Loaded): KeysetOffer {
  if (next.keyset.installation !== held.keyset.installation) return "not-ours";
  if (next.keyset.version > held.keyset.version) return "taken";
  if (next.keyset.version < held.keyset.version) return "older";
  return next.envelope.payload === held.envelope.payload ? "repeat" : "other-content";
}

const publicKeys = ({ keys, revoked = [] }: Keyset): ReadonlyMap<string, KeyObject> =>
  new Map([...keys, ...revoked].map((key) => [key.id, publicKeyFromRaw(key.publicKey)]));

function openKeyset(root: KeyObject, value: unknown): Loaded | undefined {
  const envelope = parseEnvelope(value);
  if (!envelope || envelope.keyId !== "root" || !isSignedBy(root, "keyset", envelope)) return undefined;
  try {
    const keyset = parseKeyset(JSON.parse(envelope.payload));
    return keyset && { keyset, envelope, keys: publicKeys(keyset) };
  } catch {
    // Not JSON, or a text that is no key. A keyset is never half in force.
    return undefined;
  }
}
