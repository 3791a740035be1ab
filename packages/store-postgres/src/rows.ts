import { invariant } from "@sluice/core";
import type { Row } from "./connect.ts";

/** A text column that is never null. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  invariant(typeof value === "string", `column ${column} holds text`);
  return value;
}

/** A bigint column. It comes as text, since 64 bits don't fit a number; ours count far below that. */
export function wholeOf(row: Row, column: string): number {
  const value = Number(row[column]);
  invariant(row[column] !== null && Number.isSafeInteger(value), `column ${column} holds a whole number`);
  return value;
}

export function isTrue(row: Row, column: string): boolean {
  const value = row[column];
  invariant(typeof value === "boolean", `column ${column} is true or false`);
  return value;
}

/**
 * A column of JSON that we wrote ourselves. Kept as text: jsonb refuses the NUL and half surrogate pairs that a probed
 * server's answer may bring, and signed or hashed bytes must come back as they were.
 */
export const jsonOf = <T>(row: Row, column: string): T => JSON.parse(textOf(row, column)) as T;
