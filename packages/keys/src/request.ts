import { createHash, createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { parseKeyRequest } from "@sluice/contract";
import { type Config, type Envelope, type KeyRequest, SluiceError } from "@sluice/core";
import { isSignedBy, publicKeyFromRaw, signerFromKey, writeFileAtomic } from "@sluice/runtime";
import { exists, keysExist, readBounded, writeSecret } from "./files.ts";
import { type DirectoryOf, type MadeKey, makeKeys, publicHalf } from "./make-keys.ts";
import { isSigning, type Member, membersOf } from "./member.ts";
import { readKeyset } from "./safe.ts";

/** What a place asks the root's keeper for: its public keys, each with a proof that the private half is there. */
export type RequestFile = {
  /** The request as text, so that everybody signs and hashes the same. */
  readonly payload: string;
  readonly proofs: readonly { readonly name: string; readonly signature: string }[];
};

export type Made = { readonly file: string; readonly fingerprint: string; readonly members: readonly Member[] };

/** The next site's keys, made where they will be used, and the request for them. */
export async function askToJoin(
  config: Config,
  site: string,
  at: { readonly directory: string; readonly directoryOf: DirectoryOf; readonly only?: readonly string[] },
): Promise<Made> {
  const members = membersOf(config, site).filter(({ name }) => at.only?.includes(name) ?? true);
  const missing = at.only?.find((name) => !members.some((member) => member.name === name));
  if (members.length === 0 || missing !== undefined) {
    const known = membersOf(config).map((member) => `${member.name} at ${member.site}`);
    const what = missing ?? "process";
    throw new SluiceError("NOT_FOUND", `the configuration names no ${what} at ${site}`, {
      hint: `It names ${known.slice(0, 20).join(", ")}.`,
    });
  }
  const file = join(at.directory, `${site}.request.json`);
  if (await exists(file)) throw keysExist(file);
  const keys = await makeKeys(members, at.directoryOf);
  const certificates = await makeCertificateRequests(members, at.directoryOf);
  const { installation } = config;
  return { ...(await write(file, { installation, site, keys: keys.map(publicHalf), certificates }, keys)), members };
}

/** A second key for one process, beside its first, and the request for it. */
export async function askToRotate(name: string, directory: string): Promise<Made> {
  const { installation, keys, revoked = [] } = await readKeyset(directory);
  const known = [...keys, ...revoked].find((entry) => entry.name === name);
  if (!known) {
    const names = [...new Set(keys.map((entry) => entry.name))].join(", ");
    throw new SluiceError("NOT_FOUND", `the keyset names no ${name}`, { hint: `It names ${names || "nobody"}.` });
  }
  const member: Member = { name, role: known.role, site: known.site };
  const made = await makeKeys(
    [member],
    () => directory,
    () => `${name}.next.key`,
  );
  const request = { installation, site: known.site, keys: made.map(publicHalf), certificates: [] };
  return { ...(await write(join(directory, `${name}.request.json`), request, made)), members: [member] };
}

/** A request that proves itself, or why it doesn't. */
export async function readRequest(
  file: string,
): Promise<{ readonly request: KeyRequest; readonly fingerprint: string }> {
  const refuse = (why: string): SluiceError =>
    new SluiceError("REQUEST_REFUSED", `${file}: ${why}`, { hint: "Make it anew, where the keys are to be used." });
  const { payload, proofs } = partsOf(await readBounded(file, requestBytesMax));
  if (typeof payload !== "string" || !Array.isArray(proofs)) throw refuse("it is no request for keys");
  const request = parseKeyRequest(payload);
  if (!request) throw refuse("it is no request for keys");
  for (const { name, publicKey } of request.keys) {
    const signature = proofs.find((proof) => proof?.name === name)?.signature;
    if (typeof signature !== "string" || !isProof(publicKey, { keyId: name, payload, signature }))
      throw refuse(`nothing proves that whoever asks holds the key of ${name}`);
  }
  return { request, fingerprint: fingerprintOf(payload) };
}

function partsOf(text: string): Partial<RequestFile> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<RequestFile>;
  } catch {
    return {};
  }
}

function isProof(publicKey: string, envelope: Envelope): boolean {
  try {
    return isSignedBy(publicKeyFromRaw(publicKey), "key-request", envelope);
  } catch {
    return false;
  }
}

const requestBytesMax = 262_144;

/** Half of a SHA-256, in groups that can be read out over a telephone. */
export const fingerprintOf = (text: string): string =>
  (createHash("sha256").update(text).digest("hex").slice(0, 32).match(/.{4}/g) ?? []).join("-");

async function write(file: string, request: KeyRequest, keys: readonly MadeKey[]): Promise<Omit<Made, "members">> {
  const payload = JSON.stringify(request);
  const proofs = keys.map(({ name, privatePem }) => {
    const { signature } = signerFromKey(createPrivateKey(privatePem), name).sign("key-request", request);
    return { name, signature };
  });
  await writeFileAtomic(file, `${JSON.stringify({ payload, proofs } satisfies RequestFile)}\n`);
  return { file, fingerprint: fingerprintOf(payload) };
}

async function makeCertificateRequests(
  members: readonly Member[],
  directoryOf: DirectoryOf,
): Promise<KeyRequest["certificates"]> {
  const made: { readonly name: string; readonly request: string }[] = [];
  for (const member of members.filter((each) => !isSigning(each) && each.role === "gateway")) {
    const { askForLeaf } = await import("./make-certificate.ts");
    const { request, key } = await askForLeaf(member.name);
    await writeSecret(join(directoryOf(member), `${member.name}.tls.key`), key);
    made.push({ name: member.name, request });
  }
  return made;
}
