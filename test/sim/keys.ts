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
      return { keyId, payload, signature: sumOf(kind, keyId, payload) };
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

const isSigned = (kind: EnvelopeKind, { keyId, payload, signature }: Envelope): boolean =>
  signature === sumOf(kind, keyId, payload);

/** 86 characters, as a signature has. */
function sumOf(kind: EnvelopeKind, keyId: string, payload: string): string {
  let sum = 0x811c9dc5;
  const text = `${kind} ${keyId} ${payload}`;
  for (let index = 0; index < text.length; index += 1) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return (sum >>> 0).toString(16).padStart(86, "A");
}
