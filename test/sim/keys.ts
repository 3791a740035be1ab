import type { Envelope, EnvelopeKind, KeyEntry, KeyRole, Keyset } from "@sluice/core";
import type { Keyring, Opened, Signer } from "@sluice/runtime";

/**
 * Signatures as a simulation can afford them: a list of what was signed, where real ones would take a thousand times as long.
 * Nobody in a simulation breaks the mathematics; a forger changes texts, takes other keys, or has none.
 */
export function makeSigner(keyId: string): Signer {
  return {
    keyId,
    sign(kind, value) {
      const payload = JSON.stringify(value);
      const prefix = prefixOf(kind, keyId);
      const signature = prefix + String(signed.size).padStart(86 - prefix.length, "A");
      signed.set(signature, payload);
      return { keyId, payload, signature };
    },
  };
}

/** Every signature there is, and what it was put under. */
const signed = new Map<string, string>();

/** Before each simulation, since no seed may see another's. */
export const forgetSignatures = (): void => signed.clear();

/** 86 characters, as a signature has, with kind and key in front, so that it is worth nothing for another. */
const prefixOf = (kind: EnvelopeKind, keyId: string): string => `${kind}-${keyId}-`;

export function makeKeyring(keyset: Keyset): Keyring {
  const byId = new Map(keyset.keys.map((entry): [string, KeyEntry] => [entry.id, entry]));
  function open(kind: EnvelopeKind, envelope: Envelope, role: KeyRole): Opened {
    const entry = byId.get(envelope.keyId);
    if (!entry) return { kind: "refused", because: "unknown-key" };
    if (entry.role !== role) return { kind: "refused", because: "wrong-role" };
    if (!isSigned(kind, envelope)) return { kind: "refused", because: "bad-signature" };
    try {
      return { kind: "ok", name: entry.name, site: entry.site, value: JSON.parse(envelope.payload) };
    } catch {
      return { kind: "refused", because: "not-json" };
    }
  }
  return {
    keyset,
    envelope: makeSigner("root").sign("keyset", keyset),
    open,
    openKept: open,
    standing: (keyId) => (byId.has(keyId) ? "good" : "unknown"),
    offer: () => Promise.resolve("repeat"),
    onChange: () => () => undefined,
  };
}

const isSigned = (kind: EnvelopeKind, { keyId, payload, signature }: Envelope): boolean =>
  signature.startsWith(prefixOf(kind, keyId)) && signed.get(signature) === payload;
