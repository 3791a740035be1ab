import { join } from "node:path";
import { type Config, type KeyEntry, type KeyRequest, keysOf, SluiceError, withKeys } from "@sluice/core";
import { writeFileAtomic } from "@sluice/runtime";
import { namesOf, prepareAuthority } from "./certificates.ts";
import { handOut } from "./hand-out.ts";
import type { DirectoryOf } from "./make-keys.ts";
import { type Member, membersOf } from "./member.ts";
import type { Safe } from "./safe.ts";

/** A first key, and the one that takes its place. */
const keysPerNameMax = 2;

/**
 * Puts what a request asks for into the next keyset: keys for names that the configuration has at that site, or that the keyset
 * knows already. For a new site it also makes what its processes need, without their keys, which are there.
 */
export async function approve(
  safe: Safe,
  request: KeyRequest,
  to: { readonly config?: Config; readonly directoryOf: DirectoryOf },
): Promise<{ readonly version: number; readonly added: readonly KeyEntry[]; readonly members: readonly Member[] }> {
  const twice = [request.keys, request.certificates].map(namedTwice).find((name) => name !== undefined);
  if (twice !== undefined) throw refuse(`it names ${twice} twice`);
  for (const key of request.keys) {
    const why =
      key.site === request.site ? whyNotAdd(safe, key, to.config) : `it is at ${key.site}, not ${request.site}`;
    if (why !== undefined) throw refuse(`${key.name}: ${why}`);
  }
  if (request.installation !== safe.keyset.installation)
    throw refuse(`it is for ${request.installation}, and this root is ${safe.keyset.installation}'s`);
  const certificates = await certifyAll(safe, request, to.config);
  const before = new Set(safe.keyset.keys.map(({ id }) => id));
  if (request.keys.length > 0) await safe.seal(withKeys(safe.keyset, request.keys));
  const members = to.config ? membersOf(to.config, request.site) : [];
  if (to.config && members.some(({ role }) => role === "gateway"))
    await prepareAuthority(safe.directory, to.config.installation);
  await handOut(safe, members, to.directoryOf);
  for (const { member, text } of certificates)
    await writeFileAtomic(join(to.directoryOf(member), `${member.name}.crt`), text);
  const added = safe.keyset.keys.filter(({ id }) => !before.has(id));
  return { version: safe.keyset.version, added, members };
}

function whyNotAdd(safe: Safe, key: KeyRequest["keys"][number], config: Config | undefined): string | undefined {
  const { keys, revoked = [] } = safe.keyset;
  const all = [...keys, ...revoked];
  const isSame = (entry: Member): boolean =>
    entry.name === key.name && entry.role === key.role && entry.site === key.site;
  if (!all.some(isSame) && !(config && membersOf(config).some(isSame)))
    return `nobody configured a ${key.role} of that name at ${key.site}; give --config the file that does`;
  if (!isPlain(key.publicKey)) return "its key is not written as a keyset writes keys";
  if (all.some(({ publicKey }) => publicKey === key.publicKey)) return "that very key was in a keyset before";
  if (keysOf(safe.keyset, key.name).length < keysPerNameMax) return undefined;
  return `it has ${keysPerNameMax} keys; end its rotation with \`sluice keys revoke ${key.name} --old\` first`;
}

/** One key has one spelling, or one that was revoked would come back under another. */
const isPlain = (publicKey: string): boolean => Buffer.from(publicKey, "base64url").toString("base64url") === publicKey;

const namedTwice = (list: readonly { readonly name: string }[]): string | undefined =>
  list.find(({ name }, index) => list.findIndex((each) => each.name === name) !== index)?.name;

async function certifyAll(safe: Safe, { site, certificates }: KeyRequest, config: Config | undefined) {
  const made: { readonly member: Member; readonly text: string }[] = [];
  for (const { name, request } of certificates) {
    const gateway = config?.gateways.find((each) => each.name === name && each.site === site);
    if (!config || !gateway) throw refuse(`${name}: nobody configured a gateway of that name at ${site}`);
    const { certify } = await import("./make-certificate.ts");
    const authority = await prepareAuthority(safe.directory, config.installation);
    const text = await certify(request, { name, names: namesOf(gateway, config) }, authority);
    if (text === undefined) throw refuse(`${name}: its certificate request does not verify`);
    made.push({ member: { ...gateway, role: "gateway" }, text });
  }
  return made;
}

const refuse = (why: string): SluiceError =>
  new SluiceError("REQUEST_REFUSED", why, { hint: "Nothing was signed. Ask whoever made the request." });
