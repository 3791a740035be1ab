import { checkConfig, parseEnvelope } from "@sluice/contract";
import { type ArbiterConfig, type Config, SluiceError } from "@sluice/core";
import { readJsonFile, writeFileAtomic } from "./files.ts";
import { request } from "./http-client.ts";
import type { Keyring } from "./keyring.ts";
import type { Logger } from "./logger.ts";

export type ConfigInForce = { readonly revision: number; readonly config: Config };

const bytesMax = 32 * 1024 * 1024;

/** The newest configuration that this process has been given: the file's, as revision 0, or one kept from an arbiter. */
export async function configAtStart(bootstrap: Config, stateDir: string, keyring: Keyring): Promise<ConfigInForce> {
  const kept = openConfig(keyring, await readJsonFile(`${stateDir}/config.json`), "openKept");
  return kept && kept.revision > 0 ? kept : { revision: 0, config: bootstrap };
}

/**
 * Fetches a newer revision from an arbiter, checks it as a whole, keeps it on disk, and answers it; undefined if there is none.
 * One that this process can't use (`isUsable`) is not kept either, or the next start would stumble over it.
 */
export async function fetchConfig(
  deps: { readonly keyring: Keyring; readonly token: string; readonly stateDir: string; readonly logger: Logger },
  from: {
    readonly arbiter: ArbiterConfig;
    readonly revision: number;
    readonly isUsable?: (next: ConfigInForce) => Promise<boolean>;
  },
  signal: AbortSignal,
): Promise<ConfigInForce | undefined> {
  try {
    const url = `${from.arbiter.url}/v1/config?after=${from.revision}`;
    const answer = await request({ url, token: deps.token, timeoutMs: 3_000, bytesMax, signal });
    const next = answer.status === 200 ? openConfig(deps.keyring, answer.body, "open") : undefined;
    if (!next || next.revision <= from.revision) return undefined;
    if (from.isUsable && !(await from.isUsable(next))) return undefined;
    await writeFileAtomic(`${deps.stateDir}/config.json`, `${JSON.stringify(answer.body)}\n`);
    deps.logger.info({ event: "config-applied", revision: next.revision }, `configuration revision ${next.revision}`);
    return next;
  } catch (error) {
    if (signal.aborted || error instanceof SluiceError) return undefined;
    throw error;
  }
}

function openConfig(keyring: Keyring, value: unknown, how: "open" | "openKept"): ConfigInForce | undefined {
  const envelope = parseEnvelope(value);
  const opened = envelope && keyring[how]("config", envelope, "arbiter");
  if (opened?.kind !== "ok") return undefined;
  const { revision, config } = opened.value as { readonly revision: unknown; readonly config: unknown };
  const checked = checkConfig(config);
  return typeof revision === "number" && checked.kind === "ok" ? { revision, config: checked.config } : undefined;
}
