import type { KeyObject } from "node:crypto";
import { parseEnvelope, parseKeyset } from "@sluice/contract";
import { type Envelope, type EnvelopeKind, type KeyRole, type Keyset, SluiceError } from "@sluice/core";
import { readJsonFile, writeFileAtomic } from "./files.ts";
import { isSignedBy, publicKeyFromPem, publicKeyFromRaw, readKeyFile } from "./keys.ts";

export type Opened =
  | { readonly kind: "ok"; readonly name: string; readonly site: string; readonly value: unknown }
  | { readonly kind: "refused"; readonly because: "unknown-key" | "wrong-role" | "bad-signature" | "not-json" };

/** Who may sign what, by the newest keyset that the root key has signed. */
export interface Keyring {
  readonly keyset: Keyset;
  readonly envelope: Envelope;
  /** The value in an envelope, if a key of that role signed it as that kind. */
  open(kind: EnvelopeKind, envelope: Envelope, role: KeyRole): Opened;
  /** Takes a keyset with a higher version that the root has signed; false for anything else. */
  offer(envelope: Envelope): boolean;
}

/** Reads `root.pub` and `keyset.json`; a newer keyset kept in the state directory wins. */
export async function readKeyring(keysDir: string, stateDir?: string): Promise<Keyring> {
  const root = publicKeyFromPem(await readKeyFile(`${keysDir}/root.pub`));
  const installed = openKeyset(root, await readJsonFile(`${keysDir}/keyset.json`));
  if (!installed) {
    const hint = "It must be signed by the root key whose public half is root.pub beside it.";
    throw new SluiceError("KEY_UNREADABLE", `${keysDir}/keyset.json does not verify`, { hint });
  }
  const kept = stateDir === undefined ? undefined : openKeyset(root, await readJsonFile(`${stateDir}/keyset.json`));
  const ring = makeKeyring(root, installed, (envelope) => {
    if (stateDir !== undefined) void writeFileAtomic(`${stateDir}/keyset.json`, `${JSON.stringify(envelope)}\n`);
  });
  if (kept) ring.offer(kept.envelope);
  return ring;
}

type Loaded = { readonly keyset: Keyset; readonly envelope: Envelope };

function makeKeyring(root: KeyObject, installed: Loaded, keep: (envelope: Envelope) => void): Keyring {
  let loaded = installed;
  let keys = publicKeys(loaded.keyset);
  return {
    get keyset() {
      return loaded.keyset;
    },
    get envelope() {
      return loaded.envelope;
    },
    open(kind, envelope, role) {
      const entry = loaded.keyset.keys.find((key) => key.id === envelope.keyId);
      const key = keys.get(envelope.keyId);
      if (!entry || !key) return { kind: "refused", because: "unknown-key" };
      if (entry.role !== role) return { kind: "refused", because: "wrong-role" };
      if (!isSignedBy(key, kind, envelope)) return { kind: "refused", because: "bad-signature" };
      try {
        return { kind: "ok", name: entry.name, site: entry.site, value: JSON.parse(envelope.payload) };
      } catch {
        return { kind: "refused", because: "not-json" };
      }
    },
    offer(envelope) {
      const next = openKeyset(root, envelope);
      if (!next || next.keyset.installation !== loaded.keyset.installation) return false;
      if (next.keyset.version <= loaded.keyset.version) return false;
      loaded = next;
      keys = publicKeys(next.keyset);
      keep(envelope);
      return true;
    },
  };
}

const publicKeys = (keyset: Keyset): ReadonlyMap<string, KeyObject> =>
  new Map(keyset.keys.map((key) => [key.id, publicKeyFromRaw(key.publicKey)]));

function openKeyset(root: KeyObject, value: unknown): Loaded | undefined {
  const envelope = parseEnvelope(value);
  if (!envelope || envelope.keyId !== "root" || !isSignedBy(root, "keyset", envelope)) return undefined;
  try {
    const keyset = parseKeyset(JSON.parse(envelope.payload));
    return keyset && { keyset, envelope };
  } catch {
    return undefined;
  }
}
