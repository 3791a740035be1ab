import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config, Problem } from "@sluice/core";

type Tls = NonNullable<Config["gateways"][number]["tls"]>;
type Read<T> = { readonly kind: "ok"; readonly value: T } | { readonly kind: "bad"; readonly because: string };

/** A problem for each certificate and key that the configuration names for gateways and that can't be served with here. */
export async function unreadableCertificates(config: Config): Promise<readonly Problem[]> {
  const checked = await Promise.all(
    config.gateways.map(async ({ tls }, index) => (tls ? whyNotTls(`gateways[${index}].tls`, tls) : [])),
  );
  return checked.flat();
}

async function whyNotTls(path: string, { certFile, keyFile }: Tls): Promise<readonly Problem[]> {
  const certificate = certFile === undefined ? undefined : await read(certFile, (pem) => new X509Certificate(pem));
  const key = keyFile === undefined ? undefined : await read(keyFile, createPrivateKey);
  const hint =
    "Name PEM files that the gateway can read: the chain, leaf first, and its private key without a passphrase.";
  const problems = [
    ...(certificate?.kind === "bad"
      ? [{ path: `${path}.certFile`, message: `${certFile}: ${certificate.because}`, hint }]
      : []),
    ...(key?.kind === "bad" ? [{ path: `${path}.keyFile`, message: `${keyFile}: ${key.because}`, hint }] : []),
  ];
  if (certificate?.kind !== "ok" || key?.kind !== "ok" || isPair(certificate.value, key.value)) return problems;
  return [{ path: `${path}.keyFile`, message: `${keyFile} is not the key of ${certFile}`, hint }];
}

const isPair = (certificate: X509Certificate, key: KeyObject): boolean => certificate.checkPrivateKey(key);

async function read<T>(file: string, parse: (pem: Buffer) => T): Promise<Read<T>> {
  try {
    return { kind: "ok", value: parse(await readFile(file)) };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    // Only the file system's errors name a path; all others are about what the file holds.
    const because = path === undefined ? "holds nothing that can be read as such" : `cannot be read (${code})`;
    return { kind: "bad", because };
  }
}
