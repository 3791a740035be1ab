import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsConfig } from "@sluice/core";

/** A renewed authority is taken up within this time. Unit: milliseconds. */
const keptMs = 10_000;

type Kept = { readonly at: number; readonly context: Promise<SecureContext> };

const kept = new Map<string, Kept>();

/** What node:tls needs to verify the server by its configured name, whatever address it was reached at. */
export async function tlsOptions(
  tls: TlsConfig | undefined,
  now = performance.now(),
): Promise<{ servername?: string; secureContext?: SecureContext }> {
  return tls ? { servername: tls.serverName, secureContext: await contextOf(tls.caFile ?? "", now) } : {};
}

/**
 * Reading and parsing an authority costs more than the rest of a look together, so it isn't done for each. A file that can't be
 * read any more says nothing about the target, so the authority that was read last stays.
 */
function contextOf(caFile: string, now: number): Promise<SecureContext> {
  const standing = kept.get(caFile);
  if (standing && now - standing.at < keptMs) return standing.context;
  const fresh: Kept = { at: now, context: standing ? read(caFile).catch(() => standing.context) : read(caFile) };
  kept.set(caFile, fresh);
  fresh.context.catch(() => kept.delete(caFile));
  return fresh.context;
}

/** Without a file, the system's authorities. */
const read = async (caFile: string): Promise<SecureContext> =>
  createSecureContext(caFile === "" ? {} : { ca: await readFile(caFile) });
