import type { Hash32 } from "@sluice/core";
import xxhash from "xxhash-wasm";

const hasher = await xxhash();

/** The hash that users are spread by: xxh32 of the UTF-8 text, unsigned. HAProxy's `xxh32(seed)` gives the same, so both agree on slots. */
export const xxh32: Hash32 = (text, seed) => hasher.h32(text, seed);
