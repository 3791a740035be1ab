import type { SiteName } from "./model.ts";

/**
 * Who may sign what. Numbered, and itself signed by the offline root key that every process is given at install. A consumer
 * keeps the highest version it has seen; a key past its date alarms and never stops serving.
 */
export type Keyset = {
  readonly installation: string;
  readonly version: number;
  readonly keys: readonly KeyEntry[];
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

export type EnvelopeKind = "keyset" | "report" | "snapshot" | "config" | "failsafe";
