import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
// The library's containers need it before they are loaded.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export type Pem = { readonly certificate: string; readonly key: string };

/** What every TLS client of ours and every browser speaks; keys are made in a moment. */
const curve = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
/** From a day ago, so that a clock that is behind takes it too. */
const validFor = (days: number) => ({
  notBefore: new Date(Date.now() - dayMs),
  notAfter: new Date(Date.now() + days * dayMs),
});
const days = { authority: 3650, leaf: 397 } as const;

/** An authority of the installation's own, which signs nothing but the gateways' certificates. */
export async function makeAuthority(installation: string): Promise<Pem> {
  const pair = makeKeys();
  const { KeyUsageFlags } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`${installation} mesh CA`] }],
    ...validFor(days.authority),
    signingAlgorithm,
    keys: { privateKey: pair.privateKey, publicKey: pair.publicKey },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: pair.pem };
}

/** A certificate for both ends of a connection, since a gateway is server to one peer and client to the next. */
export async function makeLeaf(name: string, names: readonly string[], authority: Pem): Promise<Pem> {
  const pair = makeKeys();
  return { certificate: await signLeaf(pair.publicKey, { name, names }, authority), key: pair.pem };
}

/** A certificate for a key that was made elsewhere: that one key's owner asks for it (PKCS #10, RFC 2986). */
export async function certify(
  request: string,
  to: { readonly name: string; readonly names: readonly string[] },
  authority: Pem,
): Promise<string | undefined> {
  try {
    const asked = new x509.Pkcs10CertificateRequest(request);
    if (!(await asked.verify())) return undefined;
    return await signLeaf(asked.publicKey, to, authority);
  } catch {
    return undefined;
  }
}

/** A key, and the request for its certificate. */
export async function askForLeaf(name: string): Promise<{ readonly request: string; readonly key: string }> {
  const pair = makeKeys();
  const keys = { privateKey: pair.privateKey, publicKey: pair.publicKey };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm,
  });
  return { request: `${request.toString("pem")}\n`, key: pair.pem };
}

async function signLeaf(
  publicKey: x509.PublicKeyType,
  { name, names }: { readonly name: string; readonly names: readonly string[] },
  authority: Pem,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: issuer.subject,
    ...validFor(days.leaf),
    signingAlgorithm,
    publicKey,
    signingKey: toCryptoKey(createPrivateKey(authority.key), "sign"),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

function makeKeys() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: curve.namedCurve });
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    privateKey: toCryptoKey(privateKey, "sign"),
    publicKey: toCryptoKey(createPublicKey(privateKey), "verify"),
  };
}

const toCryptoKey = (key: KeyObject, usage: "sign" | "verify"): webcrypto.CryptoKey =>
  key.toCryptoKey(curve, true, [usage]);
