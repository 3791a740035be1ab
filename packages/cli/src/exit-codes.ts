import type { ErrorCode } from "@sluice/core";

/** Exit codes that scripts can rely on. `docs/cli.md` explains them, and a test keeps it equal to this. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  labState: 3,
  refused: 4,
  unreachable: 5,
  objectiveMissed: 6,
  maybeDone: 7,
} as const;

/** Codes that are not listed here end with `failed`. */
export const exitCodeByError: Partial<Record<ErrorCode, number>> = {
  USAGE: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  CONFIG_UNREADABLE: exitCodes.usage,
  BODY_INVALID: exitCodes.usage,
  NOT_FOUND: exitCodes.usage,
  WEIGHTS_INVALID: exitCodes.usage,
  IF_MATCH_MISSING: exitCodes.usage,
  LAB_RUNNING: exitCodes.labState,
  LAB_DOWN: exitCodes.labState,
  FLOOR: exitCodes.refused,
  BRAKE: exitCodes.refused,
  NOTHING_TO_DO: exitCodes.refused,
  ELECTORATE_JUMP: exitCodes.refused,
  CONFIG_STALE: exitCodes.refused,
  WEIGHTS_STALE: exitCodes.refused,
  KEYS_EXIST: exitCodes.refused,
  KEYSET_REFUSED: exitCodes.refused,
  REQUEST_REFUSED: exitCodes.refused,
  UNREACHABLE: exitCodes.unreachable,
  NO_LEADER: exitCodes.unreachable,
  NOT_LEADER: exitCodes.unreachable,
  STORE_UNAVAILABLE: exitCodes.unreachable,
  TIMEOUT: exitCodes.maybeDone,
};

export const exitCodeOf = (code: ErrorCode): number => exitCodeByError[code] ?? exitCodes.failed;
