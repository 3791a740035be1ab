import type { Fence } from "@sluice/core";

/** How two fences stand to each other: below zero, the first is older. Its own sum, since the product's may be what is wrong. */
export const orderOf = (one: Fence, other: Fence): number =>
  one.epoch === other.epoch ? one.sequence - other.sequence : one.epoch - other.epoch;
