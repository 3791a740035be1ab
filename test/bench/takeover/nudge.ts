import type { ArbiterClient } from "@sluice/cli";

type Weights = { readonly etag: string; readonly weights: Readonly<Record<string, number>> };

/** An operator's change of weights just as the leader is lost, so that there is an apply for it to be in the middle of. */
export interface Nudge {
  /** Asks for the change and doesn't wait. */
  readonly send: () => void;
  /** The channels with the change, as `status` tells them. */
  readonly wanted: string;
  /** Whether the client was told that it is in; waits for that. */
  isTold(): Promise<boolean>;
}

const path = "/v1/services/chat/weights";
const few = { stable: 90, canary: 10 };
const more = { stable: 80, canary: 20 };

export async function prepareNudge(client: ArbiterClient): Promise<Nudge> {
  const { etag, weights } = (await client.get(path)) as Weights;
  const next = weights["canary"] === few.canary ? more : few;
  let told: Promise<boolean> = Promise.resolve(false);
  return {
    wanted: JSON.stringify([Object.entries(next).map(([channel, weight]) => ({ channel, weight }))]),
    send() {
      told = client.patch(path, { weights: next, reason: "in the middle of it", by: "bench" }, etag).then(
        () => true,
        () => false,
      );
    },
    isTold: () => told,
  };
}
