/**
 * Every error a user can meet, with what to do about it. Codes are API: scripts and dashboards read them. Wording is not.
 * `docs/errors.md` explains each; `status` is the HTTP status the API answers with.
 */
export const errorCodes = {
  CONFIG_INVALID: { status: 400, about: "the configuration has problems; nothing was started or changed" },
  CONFIG_UNREADABLE: { status: 400, about: "the configuration file cannot be read or is not YAML" },
  CONFIG_STALE: { status: 409, about: "the configuration was changed by somebody else since it was read" },
  ELECTORATE_JUMP: { status: 409, about: "the electorate may change by one failure domain a revision" },
  BODY_INVALID: { status: 400, about: "a request body or parameter does not fit its schema" },
  USAGE: { status: 400, about: "a command line does not fit its usage" },
  BODY_TOO_LARGE: { status: 413, about: "a request body is larger than its bound" },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, about: "a request body is not JSON by its content type" },
  UNAUTHORIZED: { status: 401, about: "no token, or not the right one" },
  FORBIDDEN: { status: 403, about: "the token or key may not do this" },
  NOT_FOUND: { status: 404, about: "no such service, site, override, decision or route" },
  NOT_LEADER: { status: 421, about: "this arbiter follows; ask the leader" },
  NO_LEADER: { status: 503, about: "no arbiter leads at the moment" },
  STORE_UNAVAILABLE: { status: 503, about: "the database cannot be reached; nothing was changed" },
  FENCED: { status: 409, about: "another leader has a newer epoch; nothing was changed" },
  FLOOR: { status: 409, about: "a floor forbids this; name the rule to override it" },
  BRAKE: { status: 409, about: "a brake holds this back" },
  NOTHING_TO_DO: { status: 409, about: "the world is already as asked, or there is nothing to undo" },
  WEIGHTS_INVALID: { status: 422, about: "the weights can't be in force; traffic is unchanged" },
  WEIGHTS_STALE: { status: 412, about: "somebody else changed the weights since they were read" },
  IF_MATCH_MISSING: { status: 428, about: "a change of weights must say by If-Match what it was made on" },
  VOTE_REFUSED: { status: 409, about: "a report was not counted" },
  SNAPSHOT_REFUSED: { status: 409, about: "a data plane refused a snapshot and keeps the last good one" },
  DIVERGED: { status: 409, about: "two installations or two worlds disagree; an operator must choose" },
  KEY_UNREADABLE: { status: 400, about: "a key or keyset file is missing, unreadable or does not verify" },
  KEYS_EXIST: { status: 409, about: "the directory holds keys already; nothing was written" },
  KEYSET_REFUSED: { status: 409, about: "a keyset is not the next one of this installation's root key" },
  REQUEST_REFUSED: { status: 409, about: "a request for keys is not proven, or asks for what nobody configured" },
  TARGET_FORBIDDEN: { status: 400, about: "a probe target lies in a range that probes may not reach" },
  PORT_TAKEN: { status: 409, about: "an address is in use by another process" },
  ADDRESS_MISSING: { status: 409, about: "a loopback address is not configured on this machine" },
  DIRECTORY_READONLY: { status: 409, about: "the state directory cannot be written" },
  START_FAILED: { status: 500, about: "a process did not come to be ready" },
  LAB_RUNNING: { status: 409, about: "a lab is already running here" },
  LAB_DOWN: { status: 409, about: "no lab is running here" },
  UNREACHABLE: { status: 503, about: "none of the arbiters answered" },
  PEER_MISSING: { status: 409, about: "a program that this needs is not installed" },
  TIMEOUT: { status: 504, about: "something did not happen in time" },
  INTERNAL: { status: 500, about: "a mistake of ours" },
} as const satisfies Record<string, { readonly status: number; readonly about: string }>;

export type ErrorCode = keyof typeof errorCodes;

type ErrorDetails = {
  /** What to do about it, as an imperative sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** True when trying again later may help. */
  readonly transient?: boolean;
  /** All problems at once, each with the path it concerns. */
  readonly problems?: readonly Problem[];
  /** The floor or brake that refused, for `overrideRules`. */
  readonly rule?: string;
};

/** One thing wrong with an input. `path` is in the input's own terms: `services[0].policy.sites`. */
export type Problem = { readonly path: string; readonly message: string; readonly hint?: string };

export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly transient: boolean;
  readonly problems: readonly Problem[];
  readonly rule: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "SluiceError";
    this.code = code;
    this.hint = details.hint;
    this.transient = details.transient ?? false;
    this.problems = details.problems ?? [];
    this.rule = details.rule;
  }
}
