import { parseEnvelope } from "@sluice/contract";
import { SluiceError } from "@sluice/core";
import { request } from "./http-client.ts";
import type { Keyring, KeysetOffer } from "./keyring.ts";
import type { Logger } from "./logger.ts";
import { sleep } from "./waiting.ts";

const waitMs = 10_000;
const answerMs = 3_000;
const pauseMs = 2_000;
/** A thousand keys, and as many that are revoked. Unit: bytes. */
const bytesMax = 1_048_576;

type Source = { readonly name: string; readonly url: string };

export type KeysetDeps = { readonly keyring: Keyring; readonly token: string; readonly logger: Logger };

/**
 * Takes every newer keyset that one of the arbiters has, until the signal. All of them are asked at once, by long polls, so
 * that a revocation is here within a round trip while any arbiter that has it can be reached; whoever comes back, or comes
 * new, is asked in the next round.
 */
export async function followKeysets(
  deps: KeysetDeps,
  arbiters: () => readonly Source[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const beganAt = performance.now();
    const isNew = await askAll(deps, arbiters(), { waitMs, signal });
    // Nobody there, or arbiters that answer at once whatever is asked, as older ones do: not in a circle.
    if (!isNew && performance.now() - beganAt < pauseMs) await sleep(pauseMs, signal);
  }
}

/** Once, before anything is believed that a revoked key may have signed. */
export async function askKeysets(deps: KeysetDeps, arbiters: readonly Source[], signal: AbortSignal): Promise<void> {
  await askAll(deps, arbiters, { waitMs: 0, signal });
}

type Asking = { readonly waitMs: number; readonly signal: AbortSignal };

/** True when one of them brought a newer keyset; the others aren't waited for then. */
async function askAll(deps: KeysetDeps, arbiters: readonly Source[], asking: Asking): Promise<boolean> {
  const enough = new AbortController();
  const signal = AbortSignal.any([asking.signal, enough.signal]);
  const asked = arbiters.map(async (arbiter) => {
    const offer = await ask(deps, arbiter, { waitMs: asking.waitMs, signal });
    const isNew = offer === "taken" || offer === "not-kept";
    if (isNew && asking.waitMs > 0) enough.abort(new SluiceError("UNREACHABLE", "another arbiter had it"));
    return isNew;
  });
  return (await Promise.all(asked)).includes(true);
}

async function ask(deps: KeysetDeps, arbiter: Source, asking: Asking): Promise<KeysetOffer | undefined> {
  const { version } = deps.keyring.keyset;
  const url = `${arbiter.url}/v1/keyset?after=${version}&waitMs=${asking.waitMs}`;
  const timeoutMs = asking.waitMs + answerMs;
  try {
    const answer = await request({ url, token: deps.token, timeoutMs, bytesMax, signal: asking.signal });
    const envelope = answer.status === 200 ? parseEnvelope(answer.body) : undefined;
    if (!envelope) return undefined;
    const offer = await deps.keyring.offer(envelope);
    tell(deps, arbiter, offer);
    return offer;
  } catch (error) {
    if (!asking.signal.aborted && !(error instanceof SluiceError))
      deps.logger.error({ err: error, event: "keyset", arbiter: arbiter.name }, "a keyset could not be taken");
    return undefined;
  }
}

function tell({ logger, keyring }: KeysetDeps, { name: arbiter }: Source, offer: KeysetOffer): void {
  const fields = { event: "keyset", arbiter, offer, version: keyring.keyset.version };
  if (offer === "taken") logger.info(fields, `keyset ${fields.version} is in force`);
  else if (offer === "not-kept")
    logger.error(fields, `keyset ${fields.version} is in force, and can't be kept on disk`);
  else if (offer !== "repeat" && offer !== "older") logger.error(fields, `refused a keyset of ${arbiter}: ${offer}`);
}
