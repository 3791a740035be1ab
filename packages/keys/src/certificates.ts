import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { type Config, type GatewayConfig, SluiceError } from "@sluice/core";
import { writeFileAtomic } from "@sluice/runtime";
import { exists } from "./files.ts";
import type { Pem } from "./make-certificate.ts";
import type { DirectoryOf } from "./make-keys.ts";

/** A certificate that ends sooner is made anew. */
const renewBeforeMs = 30 * 86_400_000;

/**
 * Gives the installation its authority and each gateway its certificate, by which clients know it on :8443 and other gateways on
 * the hop: its name, the host of every service, and its address. What is there and does is kept, so this makes what an earlier
 * version left out, and what a changed configuration asks for.
 */
export async function prepareCertificates(
  config: Config,
  at: { readonly safe: string; readonly directoryOf: DirectoryOf },
): Promise<void> {
  if (config.gateways.length === 0) return;
  const authority = await prepareAuthority(at.safe, config.installation);
  for (const gateway of config.gateways) {
    const directory = at.directoryOf({ ...gateway, role: "gateway" });
    await prepareLeaf(directory, namesOf(gateway, config), authority);
  }
}

/** What a gateway's certificate is for; its name comes first. */
export const namesOf = ({ name, address }: GatewayConfig, config: Config): readonly string[] => [
  name,
  ...config.services.map((service) => service.host),
  address,
];

export async function prepareAuthority(safe: string, installation: string): Promise<Pem> {
  const kept = await readPem(join(safe, "mesh-ca.crt"), join(safe, "mesh-ca.key"));
  const isGood = kept !== undefined && isPair(kept) && lasts(new X509Certificate(kept.certificate));
  return isGood ? kept : makeAuthority(safe, installation);
}

/**
 * One that is damaged is not made anew without being asked: gateways of two authorities don't forward to each other. Without its
 * certificate there is none, and a new one is what is wanted.
 */
export async function needWholeAuthority(safe: string): Promise<void> {
  const file = join(safe, "mesh-ca.crt");
  if (!(await exists(file))) return;
  const kept = await readPem(file, join(safe, "mesh-ca.key"));
  if (kept && isPair(kept)) return;
  throw new SluiceError("KEY_UNREADABLE", `the key of ${file} is missing or doesn't fit`, {
    hint: "Bring mesh-ca.key back from a copy of the safe. To make another authority, delete both (docs/keys.md).",
  });
}

async function makeAuthority(keys: string, installation: string): Promise<Pem> {
  const { makeAuthority: make } = await import("./make-certificate.ts");
  const made = await make(installation);
  await write(join(keys, "mesh-ca.crt"), join(keys, "mesh-ca.key"), made);
  return made;
}

async function prepareLeaf(keys: string, names: readonly string[], authority: Pem): Promise<void> {
  const [name = ""] = names;
  const files = [join(keys, `${name}.crt`), join(keys, `${name}.tls.key`)] as const;
  const kept = await readPem(...files);
  if (kept && isPair(kept) && covers(new X509Certificate(kept.certificate), names, authority)) return;
  // The library is loaded only when something is to be made: most starts make nothing.
  const { makeLeaf } = await import("./make-certificate.ts");
  await write(...files, await makeLeaf(name, names, authority));
}

function covers(certificate: X509Certificate, names: readonly string[], authority: Pem): boolean {
  const isOfName = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  const isOurs = certificate.verify(new X509Certificate(authority.certificate).publicKey);
  return isOurs && lasts(certificate) && names.every(isOfName);
}

const lasts = (certificate: X509Certificate): boolean => certificate.validToDate.getTime() - Date.now() > renewBeforeMs;

const isPair = ({ certificate, key }: Pem): boolean => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
};

async function readPem(certificateFile: string, keyFile: string): Promise<Pem | undefined> {
  try {
    return { certificate: await readFile(certificateFile, "utf8"), key: await readFile(keyFile, "utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The key first: a certificate without its key is made anew, and a key without its certificate is too. */
async function write(certificateFile: string, keyFile: string, { certificate, key }: Pem): Promise<void> {
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFileAtomic(certificateFile, certificate);
}
