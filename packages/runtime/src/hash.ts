import type { Hash32 } from "@sluice/core";

/** xxh32, loaded when it is first asked for: only those who route need it. */
export async function hash32(): Promise<Hash32> {
  const { default: xxhash } = await import("xxhash-wasm");
  const { h32 } = await xxhash();
  return h32;
}
