import type { Envelope, EnvelopeKind, KeyEntry, Keyset } from "@sluice/core";
import type { Keyring, Signer } from "@sluice/runtime";

/**
 * Signatures as a simulation can afford them: a sum over kind, key and text, which a real key would take a thousand times as
 * long for. Nobody in a simulation tries to forge the sum itself; a forger changes texts, takes other keys, or has none.
 */
export function makeSigner(keyId: string): Signer {
  return {
    keyId,
    sign(kind, value) {
      const payload = JSON.stringify(value);
      const signature = sumOf(kind, keyId, payload);
      if (signed.size >= signedMax) signed.clear();
      signed.set(signature, payload);
      return { keyId, payload, signature };
    },
  };
}

export function makeKeyring(keyset: Keyset): Keyring {
  const byId = new Map(keyset.keys.map((entry): [string, KeyEntry] => [entry.id, entry]));
  return {
    keyset,
    envelope: makeSigner("root").sign("keyset", keyset),
    open(kind, envelope, role) {
      const entry = byId.get(envelope.keyId);
      if (!entry) return { kind: "refused", because: "unknown-key" };
      if (entry.role !== role) return { kind: "refused", because: "wrong-role" };
      if (!isSigned(kind, envelope)) return { kind: "refused", because: "bad-signature" };
      try {
        return { kind: "ok", name: entry.name, site: entry.site, value: JSON.parse(envelope.payload) };
      } catch {
        return { kind: "refused", because: "not-json" };
      }
    },
    offer: () => false,
  };
}

/** What was signed lately, to spare the sum where the very same text comes back. */
const signed = new Map<string, string>();
const signedMax = 5_000;

/** Kind and key are at the front of a signature, so that it is worth nothing for another. */
const isSigned = (kind: EnvelopeKind, { keyId, payload, signature }: Envelope): boolean =>
  (signature.startsWith(prefixOf(kind, keyId)) && signed.get(signature) === payload) ||
  signature === sumOf(kind, keyId, payload);

const prefixOf = (kind: EnvelopeKind, keyId: string): string => `${kind}-${keyId}-`;

/** 86 characters, as a signature has. */
function sumOf(kind: EnvelopeKind, keyId: string, payload: string): string {
  let sum = 0x811c9dc5;
  for (let index = 0; index < payload.length; index += 1) sum = Math.imul(sum ^ payload.charCodeAt(index), 0x01000193);
  const text = (sum >>> 0).toString(16);
  return prefixOf(kind, keyId) + text.padStart(86 - prefixOf(kind, keyId).length, "A");
}
