import { compareFence, type Found } from "@sluice/core";
import type { ArbiterContext } from "./context.ts";

/** What a leader owes to a newer keyset: fences of revoked keys are outdone, and its own last word is said again under its new key. */
export interface KeyWatch {
  /**
   * False when keys were revoked since the leader last settled, or when it signs with another key now. And now and then while a
   * node that could not be asked at the time goes by a higher fence, which a revoked key may have given it.
   */
  isSettled(epoch: number): boolean;
  /** The epoch to go above, of all that stands in the way; undefined when nothing does. */
  standsInTheWay(found: readonly Found[], epoch: number): number | undefined;
  /** What stood in the way is outdone. Until then it is asked for again: the store may have gone away in between. */
  settled(): void;
}

const outrunEveryMs = 5_000;
/** Nodes poll at least this often. Unit: milliseconds. */
const heardWithinMs = 30_000;

export function makeKeyWatch(parts: Pick<ArbiterContext, "clock" | "keyring" | "signer" | "desk">): KeyWatch {
  const { clock, keyring, signer, desk } = parts;
  const revoked = (): string => (keyring.keyset.revoked ?? []).map(({ id }) => id).join(" ");
  let seen = revoked();
  let asked = seen;
  const isSignedOtherwise = (epoch: number): boolean => {
    const current = desk.current();
    return current?.snapshot.fence.epoch === epoch && current.envelope.keyId !== signer.keyId;
  };
  let settledAt = clock.monotonicMs();
  const isOutrun = (): boolean => {
    const current = desk.current();
    if (!current || seen === "" || clock.monotonicMs() - settledAt < outrunEveryMs) return false;
    const { fence } = current.snapshot;
    const now = clock.wallMs();
    return Object.values(desk.acknowledged()).some(
      (node) => now - node.seenAt < heardWithinMs && compareFence(node.fence, fence) === "newer",
    );
  };
  return {
    isSettled: (epoch) => seen === revoked() && !isSignedOtherwise(epoch) && !isOutrun(),
    standsInTheWay(found, epoch) {
      asked = revoked();
      const epochs = found.filter(({ isRevoked }) => isRevoked).map(({ snapshot }) => snapshot.fence.epoch);
      const above = Math.max(isSignedOtherwise(epoch) ? epoch : -1, ...epochs);
      return above < epoch ? undefined : above;
    },
    settled() {
      seen = asked;
      settledAt = clock.monotonicMs();
    },
  };
}

/** Why nothing that this arbiter signs would be taken, or undefined. */
export function whyNotSign({ keyring, signer }: Pick<ArbiterContext, "keyring" | "signer">): string | undefined {
  const { keyId } = signer;
  const standing = keyring.standing(keyId);
  if (standing === "good") return undefined;
  return standing === "revoked" ? `its key ${keyId} is revoked` : `the keyset has no key ${keyId}`;
}
