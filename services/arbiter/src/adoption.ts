import { parseEnvelope, parseSnapshot } from "@sluice/contract";
import { type Config, type Found, SluiceError, type Snapshot } from "@sluice/core";
import { type Keyring, type Logger, request } from "@sluice/runtime";

const askTimeoutMs = 1_000;
const snapshotBytesMax = 32 * 1024 * 1024;

/**
 * What the rest of the world holds: asked of the other arbiters and every data plane before a new leader's first write.
 * Whoever does not answer within a second is left out; the fence protects it when it comes back.
 */
export async function findServed(
  deps: { readonly name: string; readonly keyring: Keyring; readonly token: string; readonly logger: Logger },
  config: Config,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const peers = [
    ...config.arbiters.filter((arbiter) => arbiter.name !== deps.name).map(({ name, url }) => ({ name, url })),
    ...[...config.nameservers, ...config.gateways].map(({ name, url }) => ({ name, url })),
  ];
  const asked = await Promise.all(peers.map((peer) => ask(deps, peer, signal)));
  return asked.flatMap((found) => found ?? []);
}

async function ask(
  deps: { readonly name: string; readonly keyring: Keyring; readonly token: string; readonly logger: Logger },
  peer: { readonly name: string; readonly url: string },
  signal: AbortSignal,
): Promise<Found | undefined> {
  try {
    const url = `${peer.url}/v1/snapshot?node=${encodeURIComponent(deps.name)}`;
    const answer = await request({
      url,
      token: deps.token,
      timeoutMs: askTimeoutMs,
      bytesMax: snapshotBytesMax,
      signal,
    });
    return answer.status === 200 ? openFound(deps.keyring, peer.name, answer.body) : undefined;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    deps.logger.info({ peer: peer.name, code: error.code }, `${peer.name} did not say what it serves`);
    return undefined;
  }
}

/** What somebody holds, if an arbiter signed it: with a key that is good, or with one that has been revoked since. */
export function openFound(keyring: Keyring, from: string, body: unknown): Found | undefined {
  const snapshot = openSnapshot(keyring, body, "open");
  if (snapshot) return { from, snapshot };
  const revoked = openSnapshot(keyring, body, "openKept");
  return revoked && { from, snapshot: revoked, isRevoked: true };
}

/** The snapshot in a signed envelope of some arbiter, or undefined when it is not one. */
export function openSnapshot(keyring: Keyring, body: unknown, how: "open" | "openKept"): Snapshot | undefined {
  const envelope = parseEnvelope(body);
  if (!envelope) return undefined;
  const opened = keyring[how]("snapshot", envelope, "arbiter");
  return opened.kind === "ok" ? parseSnapshot(opened.value) : undefined;
}
