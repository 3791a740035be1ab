import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, errorCodes } from "@sluice/core";
import { exitCodeOf } from "./exit-codes.ts";

/** What scripts rely on. Every other code is 1. */
const exits: Partial<Record<ErrorCode, number>> = {
  USAGE: 2,
  CONFIG_INVALID: 2,
  CONFIG_UNREADABLE: 2,
  BODY_INVALID: 2,
  NOT_FOUND: 2,
  WEIGHTS_INVALID: 2,
  IF_MATCH_MISSING: 2,
  LAB_RUNNING: 3,
  LAB_DOWN: 3,
  FLOOR: 4,
  BRAKE: 4,
  NOTHING_TO_DO: 4,
  ELECTORATE_JUMP: 4,
  CONFIG_STALE: 4,
  WEIGHTS_STALE: 4,
  KEYS_EXIST: 4,
  KEYSET_REFUSED: 4,
  REQUEST_REFUSED: 4,
  UNREACHABLE: 5,
  NO_LEADER: 5,
  NOT_LEADER: 5,
  STORE_UNAVAILABLE: 5,
  TIMEOUT: 7,
};

for (const code of Object.keys(errorCodes) as ErrorCode[]) {
  test(`${code} ends with ${exits[code] ?? 1}`, () => assert.equal(exitCodeOf(code), exits[code] ?? 1));
}
