/**
 * A lease says who may lead; a fence says whose write is newer. A leader that was paused for a minute still believes in
 * its lease, so every write carries a fence and whoever receives it compares.
 */
export type Fence = {
  /** Whose control plane. Fences of different installations are never compared. */
  readonly installation: string;
  /** The lease's number: grows by one at each acquisition. */
  readonly epoch: number;
  /** The decision's number: one counter per installation, grows with every commit. */
  readonly sequence: number;
};

export type FenceOrder = "older" | "equal" | "newer" | "foreign";

/** How `fence` stands to `other`. Epoch first, then sequence. */
export function compareFence(fence: Fence, other: Fence): FenceOrder {
  if (fence.installation !== other.installation) return "foreign";
  if (fence.epoch !== other.epoch) return fence.epoch < other.epoch ? "older" : "newer";
  if (fence.sequence !== other.sequence) return fence.sequence < other.sequence ? "older" : "newer";
  return "equal";
}

/** The text form, as in the TXT record `_sluice-fence.<zone>` and in logs: `lab:3.41`. */
export const formatFence = (fence: Fence): string => `${fence.installation}:${fence.epoch}.${fence.sequence}`;

/** Reads the text form back, or answers undefined for anything else. */
export function parseFence(text: string): Fence | undefined {
  const match = /^([a-z0-9-]{1,63}):(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (!match) return undefined;
  return { installation: match[1] ?? "", epoch: Number(match[2]), sequence: Number(match[3]) };
}
