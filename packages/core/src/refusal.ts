import type { CommandResult } from "./command.ts";

/** Why a command was not carried out. Nothing of it was. */
export type Refusal = Extract<CommandResult, { kind: "refused" }>;

export const notFound = (what: string): Refusal => ({
  kind: "refused",
  code: "NOT_FOUND",
  because: `there is no ${what}`,
});

export const nothingToDo = (because: string): Refusal => ({ kind: "refused", code: "NOTHING_TO_DO", because });

export const invalid = (because: string, hint: string): Refusal => ({
  kind: "refused",
  code: "BODY_INVALID",
  because,
  hint,
});

export const invalidWeights = (because: string, hint: string): Refusal => ({
  kind: "refused",
  code: "WEIGHTS_INVALID",
  because,
  hint,
});

export const staleWeights = (because: string): Refusal => ({
  kind: "refused",
  code: "WEIGHTS_STALE",
  because,
  hint: "Read the weights as they are now, and decide again.",
});

/** A floor that the command may name, if the operator is sure. */
export const belowFloor = (rule: string, because: string, hint?: string): Refusal => ({
  kind: "refused",
  code: "FLOOR",
  because,
  rule,
  hint: hint ?? `If you are sure, name the rule: --override-rule ${rule}`,
});

/** Another operator's word stands in the way. */
export const overridden = (because: string, id: string): Refusal => ({
  kind: "refused",
  code: "BRAKE",
  because,
  hint: `End the override first: sluice undo ${id}`,
});
