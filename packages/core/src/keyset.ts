import type { SiteName } from "./model.ts";

/**
 * Who may sign what. Numbered, and itself signed by the offline root key that every process is given at install. A consumer
 * keeps the highest version it has seen.
 */
export type Keyset = {
  readonly installation: string;
  readonly version: number;
  readonly keys: readonly KeyEntry[];
  /**
   * Keys that sign nothing any more. They stand apart from the others so that a process that knows no such list refuses them
   * too, and they stand here at all so that a node can still verify what it took from them before, and lies on its disk.
   */
  readonly revoked?: readonly KeyEntry[];
};

export type KeyRole = "agent" | "arbiter";

export type KeyEntry = {
  readonly id: string;
  readonly role: KeyRole;
  /** The agent's or arbiter's name: a key signs for one process only. */
  readonly name: string;
  readonly site: SiteName;
  /** Raw Ed25519 public key (RFC 8032), 32 bytes, base64url. */
  readonly publicKey: string;
};

/**
 * Something signed: the exact text, so nobody has to agree on canonical JSON. The signature covers the kind too, so a
 * report can't be passed off as a snapshot.
 */
export type Envelope = { readonly keyId: string; readonly payload: string; readonly signature: string };

export type EnvelopeKind = "keyset" | "report" | "snapshot" | "config" | "key-request" | "failsafe";

/**
 * What a place asks the root's keeper for: keys of its own that it made itself, of which this has the public halves, and for
 * gateways certificate requests (PKCS #10, PEM).
 */
export type KeyRequest = {
  readonly installation: string;
  readonly site: SiteName;
  readonly keys: readonly Omit<KeyEntry, "id">[];
  readonly certificates: readonly { readonly name: string; readonly request: string }[];
};

/** Enough for every snapshot that may still lie on a disk. */
const revokedMax = 200;

/** The next keyset, with more keys. A name's first key has the name as its id, later ones are numbered: `agent-a.2`. */
export function withKeys(keyset: Keyset, added: readonly Omit<KeyEntry, "id">[]): Keyset {
  const taken = new Set([...keyset.keys, ...(keyset.revoked ?? [])].map(({ id }) => id));
  const keys = added.map((entry): KeyEntry => {
    const id = freeId(entry.name, taken);
    taken.add(id);
    return { id, ...entry };
  });
  return { ...keyset, version: keyset.version + 1, keys: [...keyset.keys, ...keys] };
}

function freeId(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? name : `${name}.${number}`;
    if (!taken.has(id)) return id;
  }
}

/** The next keyset, in which some keys are revoked. */
export function withoutKeys(keyset: Keyset, isRevoked: (entry: KeyEntry) => boolean): Keyset {
  const revoked = [...(keyset.revoked ?? []), ...keyset.keys.filter(isRevoked)].slice(-revokedMax);
  const keys = keyset.keys.filter((entry) => !isRevoked(entry));
  return { ...keyset, version: keyset.version + 1, keys, revoked };
}

/** A process's keys that may sign, oldest first. */
export const keysOf = (keyset: Keyset, name: string): readonly KeyEntry[] =>
  keyset.keys.filter((entry) => entry.name === name);
