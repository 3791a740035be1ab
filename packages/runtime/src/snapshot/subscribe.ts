import { type Fence, SluiceError } from "@sluice/core";
import { request } from "../http-client.ts";
import type { Logger } from "../logger.ts";
import { sleep } from "../waiting.ts";
import type { LoadResult, OfferResult, Shelf } from "./shelf.ts";

const pollWaitMs = 10_000;
const backoffMs = { first: 100, max: 2_000 } as const;
const bytesMax = 32 * 1024 * 1024;

export type Source = { readonly name: string; readonly url: string };

export type SubscribeDeps = {
  readonly node: string;
  readonly token: string;
  readonly shelf: Shelf<unknown>;
  readonly logger: Logger;
  readonly onOffer: (result: OfferResult | LoadResult) => void;
};

/**
 * Follows one arbiter until the signal: a long poll that names what we serve, so that asking is also acknowledging. Whoever
 * does not answer, or says nothing that we can take, is asked again soon, and less often while that is all; what is served
 * stays.
 */
export async function subscribe(deps: SubscribeDeps, source: Source, signal: AbortSignal): Promise<void> {
  let pauseMs: number = backoffMs.first;
  let before: Heard | undefined;
  while (!signal.aborted) {
    const askedAt = performance.now();
    const heard = await ask(deps, source, { waitMs: pollWaitMs, timeoutMs: pollWaitMs + 3_000, signal });
    // A source that says at once that it has nothing, because it is ending or has nothing yet, must not be asked in a circle.
    const didWait = heard === "nothing-newer" && performance.now() - askedAt >= backoffMs.first;
    if (heard === "accept" || didWait || heard !== before) pauseMs = backoffMs.first;
    before = heard;
    if (heard === "accept" || didWait) continue;
    await sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, backoffMs.max);
  }
}

/** Asks a peer or an arbiter once for something newer, before serving what an earlier run left: it may be from before a fall. */
export async function askOnce(deps: SubscribeDeps, source: Source, signal: AbortSignal): Promise<void> {
  await ask(deps, source, { waitMs: 0, timeoutMs: 3_000, signal });
}

type Asking = { readonly waitMs: number; readonly timeoutMs: number; readonly signal: AbortSignal };

type Heard = OfferResult | "nothing-newer" | "silent";

async function ask(deps: SubscribeDeps, source: Source, asking: Asking): Promise<Heard> {
  const { signal, timeoutMs } = asking;
  try {
    const url = `${source.url}/v1/snapshot?${question(deps.node, deps.shelf.current()?.snapshot.fence, asking.waitMs)}`;
    const answer = await request({ url, token: deps.token, timeoutMs, bytesMax, signal });
    if (answer.status === 204) return "nothing-newer";
    if (answer.status !== 200) return "silent";
    const result = await deps.shelf.offer(answer.body);
    deps.onOffer(result);
    return result;
  } catch (error) {
    if (!signal.aborted && !(error instanceof SluiceError)) {
      deps.logger.error({ err: error, source: source.name }, "a snapshot could not be taken");
    }
    return "silent";
  }
}

function question(node: string, fence: Fence | undefined, waitMs: number): string {
  const after = fence ? `&after=${fence.epoch}.${fence.sequence}` : "";
  return `node=${encodeURIComponent(node)}${after}&waitMs=${waitMs}`;
}
