import type { Problem } from "@sluice/core";
import type { Piece } from "../parts.ts";

/** A problem for each value that stood there before. `same` gives two spellings of one thing the same text. */
export function repeated(
  pieces: readonly Piece<string>[],
  hint: string,
  same: (value: string) => string = (value) => value,
): readonly Problem[] {
  const first = new Map<string, string>();
  return pieces.flatMap(({ path, value }) => {
    const before = first.get(same(value));
    if (before === undefined) first.set(same(value), path);
    return before === undefined ? [] : [{ path, message: `${value} is there twice; first at ${before}`, hint }];
  });
}
