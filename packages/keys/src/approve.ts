import { join } from "node:path";
import { type Config, type KeyEntry, type KeyRequest, keysOf, SluiceError, withKeys } from "@sluice/core";
import { writeFileAtomic } from "@sluice/runtime";
import { namesOf, needWholeAuthority, prepareAuthority } from "./certificates.ts";
import { exists, keysExist } from "./files.ts";
import { handOut } from "./hand-out.ts";
import type { DirectoryOf } from "./make-keys.ts";
import { type Member, membersOf } from "./member.ts";
import type { Safe } from "./safe.ts";

/** A first key, and the one that takes its place. */
const keysPerNameMax = 2;

type RequestedKey = KeyRequest["keys"][number];

type Receiver = { readonly config?: Config; readonly directoryOf: DirectoryOf };

/**
 * Puts what a request asks for into the next keyset: keys for names that the configuration has at that site, or that the keyset
 * knows already. For a new site it also makes what its processes need, without their keys, which are there. What the keyset names
 * already was approved before, by a try that failed later on, at a full disk for instance: the rest of it is done again.
 */
export async function approve(
  safe: Safe,
  request: KeyRequest,
  to: Receiver,
): Promise<{ readonly version: number; readonly added: readonly KeyEntry[]; readonly members: readonly Member[] }> {
  const asked = keysToAdd(safe, request, to.config);
  const members = to.config ? membersOf(to.config, request.site) : [];
  const hasGateway = members.some(({ role }) => role === "gateway");
  if (hasGateway) await needWholeAuthority(safe.directory);
  const certificates = await certifyAll(safe, request, to);
  const before = new Set(safe.keyset.keys.map(({ id }) => id));
  if (asked.length > 0) await safe.seal(withKeys(safe.keyset, asked));
  if (to.config && hasGateway) await prepareAuthority(safe.directory, to.config.installation);
  await handOut(safe, members, to.directoryOf);
  for (const { member, text } of certificates)
    await writeFileAtomic(join(to.directoryOf(member), `${member.name}.crt`), text);
  const added = safe.keyset.keys.filter(({ id }) => !before.has(id));
  return { version: safe.keyset.version, added, members };
}

function keysToAdd(safe: Safe, request: KeyRequest, config: Config | undefined): readonly RequestedKey[] {
  if (request.installation !== safe.keyset.installation)
    throw refuse(`it is for ${request.installation}, and this root is ${safe.keyset.installation}'s`);
  const stranger = request.keys.find(({ site }) => site !== request.site);
  if (stranger) throw refuse(`${stranger.name}: it is at ${stranger.site}, not ${request.site}`);
  const twice = [request.keys, request.certificates].map(namedTwice).find((name) => name !== undefined);
  if (twice !== undefined) throw refuse(`it names ${twice} twice`);
  const asked = request.keys.filter((key) => !safe.keyset.keys.some((entry) => isSameKey(entry, key)));
  for (const key of asked) {
    const why = whyNotAdd(safe, key, config);
    if (why !== undefined) throw refuse(`${key.name}: ${why}`);
  }
  return asked;
}

function whyNotAdd(safe: Safe, key: RequestedKey, config: Config | undefined): string | undefined {
  const { keys, revoked = [] } = safe.keyset;
  const all = [...keys, ...revoked];
  const isOfIt = (entry: Member): boolean => isSame(entry, key);
  if (!all.some(isOfIt) && !(config && membersOf(config).some(isOfIt)))
    return `nobody configured a ${key.role} of that name at ${key.site}; give --config the file that does`;
  if (plain(key.publicKey) !== key.publicKey) return "its key is not written as a keyset writes keys";
  if (all.some(({ publicKey }) => plain(publicKey) === key.publicKey)) return "that very key was in a keyset before";
  if (keysOf(safe.keyset, key.name).length < keysPerNameMax) return undefined;
  const command = `sluice keys revoke ${key.name} --old --root ${safe.directory}`;
  return `it has ${keysPerNameMax} keys; end its rotation with \`${command}\` first`;
}

const isSame = (one: Member, other: Member): boolean =>
  one.name === other.name && one.role === other.role && one.site === other.site;

const isSameKey = (one: RequestedKey, other: RequestedKey): boolean =>
  isSame(one, other) && one.publicKey === other.publicKey;

/** One key has one spelling, or one that was revoked would come back under another. */
const plain = (publicKey: string): string => Buffer.from(publicKey, "base64url").toString("base64url");

const namedTwice = (list: readonly { readonly name: string }[]): string | undefined =>
  list.find(({ name }, index) => list.findIndex((each) => each.name === name) !== index)?.name;

async function certifyAll(safe: Safe, { site, certificates }: KeyRequest, { config, directoryOf }: Receiver) {
  const made: { readonly member: Member; readonly text: string }[] = [];
  for (const { name, request } of certificates) {
    const gateway = config?.gateways.find((each) => each.name === name && each.site === site);
    if (!config || !gateway) throw refuse(`${name}: nobody configured a gateway of that name at ${site}`);
    const member: Member = { name, site, role: "gateway" };
    // The certificate is for the key that the site has; beside another one it would be of no use to anybody.
    const otherKey = join(directoryOf(member), `${name}.tls.key`);
    if (await exists(otherKey)) throw keysExist(otherKey);
    const { certify } = await import("./make-certificate.ts");
    const authority = await prepareAuthority(safe.directory, config.installation);
    const text = await certify(request, { name, names: namesOf(gateway, config) }, authority);
    if (text === undefined) throw refuse(`${name}: its certificate request does not verify`);
    made.push({ member, text });
  }
  return made;
}

const refuse = (why: string): SluiceError =>
  new SluiceError("REQUEST_REFUSED", why, { hint: "Nothing was signed. Ask whoever made the request." });
