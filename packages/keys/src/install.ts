import { join } from "node:path";
import { type Config, withKeys } from "@sluice/core";
import { prepareCertificates } from "./certificates.ts";
import { exists, keysExist } from "./files.ts";
import { handOut } from "./hand-out.ts";
import { type DirectoryOf, makeKeys, publicHalf } from "./make-keys.ts";
import { membersOf } from "./member.ts";
import { makeSafe, type Safe } from "./safe.ts";

/**
 * A whole installation's keys: the root's, one for each agent and arbiter, a certificate for each gateway, and the tokens; the
 * first keyset that names them; and in each process's directory exactly what that process needs.
 */
export async function install(
  config: Config,
  at: { readonly safe: string; readonly directoryOf: DirectoryOf; readonly passphrase?: string },
): Promise<Safe> {
  const rootKey = join(at.safe, "root.key");
  if (await exists(rootKey)) throw keysExist(rootKey);
  const safe = await makeSafe(at.safe, config.installation, at.passphrase);
  const members = membersOf(config);
  const made = await makeKeys(members, at.directoryOf);
  await safe.seal(withKeys(safe.keyset, made.map(publicHalf)));
  await prepareCertificates(config, at);
  await handOut(safe, members, at.directoryOf);
  return safe;
}
