import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Envelope, type EnvelopeKind, SluiceError } from "@sluice/core";

/** Signs what a process says, with its own Ed25519 key (RFC 8032). */
export interface Signer {
  readonly keyId: string;
  sign(kind: EnvelopeKind, payload: unknown): Envelope;
}

/** The bytes under a signature: the kind is part of them, so one kind can't be passed off as another. */
const signedBytes = (kind: EnvelopeKind, payload: string): Buffer => Buffer.from(`sluice-${kind}\n${payload}`, "utf8");

export const signerFromPem = (pem: string, keyId: string): Signer => signerFromKey(createPrivateKey(pem), keyId);

export function signerFromKey(key: KeyObject, keyId: string): Signer {
  return {
    keyId,
    sign(kind, value) {
      const payload = JSON.stringify(value);
      return { keyId, payload, signature: sign(null, signedBytes(kind, payload), key).toString("base64url") };
    },
  };
}

export async function readSigner(file: string, keyId: string): Promise<Signer> {
  return signerFromKey(parsePrivateKey(await readKeyFile(file), file), keyId);
}

/** A private key as it stands in a file; one under a passphrase needs that. */
export function parsePrivateKey(pem: string, file: string, passphrase?: string): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `${file} is not a private key`, {
      hint: "It must be Ed25519, PKCS #8, PEM; one under a passphrase needs --passphrase-file with the right one.",
      cause,
    });
  }
}

/** Reads a secret or key file, or says which one is missing. */
export async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `cannot read ${file}`, {
      hint: "Give the directory or file that holds it, readable by whoever runs this.",
      cause,
    });
  }
}

/** One line of text: a bearer token. */
export async function readToken(file: string): Promise<string> {
  const token = (await readKeyFile(file)).trim();
  if (token.length < 16)
    throw new SluiceError("KEY_UNREADABLE", `${file} holds no token`, { hint: "At least 16 characters on one line." });
  return token;
}

export function generateKeyPair(): {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly publicKey: string;
} {
  const pair = generateKeyPairSync("ed25519");
  return {
    privatePem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
    publicKey: pair.publicKey.export({ format: "jwk" }).x ?? "",
  };
}

/** A raw public key, 32 bytes in base64url, as it stands in a keyset. */
export const publicKeyFromRaw = (raw: string): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw }, format: "jwk" });

/** The root's public half, as it stands in a file. */
export async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await readKeyFile(file);
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new SluiceError("KEY_UNREADABLE", `${file} is not a public key`, {
      hint: "It must be Ed25519, PEM: the root.pub that `sluice init` made.",
      cause,
    });
  }
}

export function isSignedBy(key: KeyObject, kind: EnvelopeKind, envelope: Envelope): boolean {
  return verify(null, signedBytes(kind, envelope.payload), key, Buffer.from(envelope.signature, "base64url"));
}
