import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsConfig } from "@sluice/core";

/** A renewed authority is taken up within this time. Unit: milliseconds. */
const keptMs = 10_000;

const kept = new Map<string, { readonly at: number; readonly context: Promise<SecureContext> }>();

/** What node:tls needs to verify the server by its configured name, whatever address it was reached at. */
export async function tlsOptions(
  tls: TlsConfig | undefined,
): Promise<{ servername?: string; secureContext?: SecureContext }> {
  return tls ? { servername: tls.serverName, secureContext: await contextOf(tls.caFile ?? "") } : {};
}

/** Reading and parsing an authority costs a look more than the rest of it together, so it isn't done for each. */
function contextOf(caFile: string): Promise<SecureContext> {
  const now = performance.now();
  const standing = kept.get(caFile);
  if (standing && now - standing.at < keptMs) return standing.context;
  const context = read(caFile);
  kept.set(caFile, { at: now, context });
  context.catch(() => kept.delete(caFile));
  return context;
}

/** Without a file, the system's authorities. */
const read = async (caFile: string): Promise<SecureContext> =>
  createSecureContext(caFile === "" ? {} : { ca: await readFile(caFile) });
