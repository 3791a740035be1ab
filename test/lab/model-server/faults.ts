/**
 * What is wrong with this server at present; `{}` is a healthy one. Faults compose: each that is set does its part, in the
 * order refuse, hang, latency, alternate, status, missing model, stream error. They touch `/health`, `/v1/*` and gRPC, never
 * `/admin` or `/metrics` (except `refuse`, which closes the serving port as a whole; the admin port stays open).
 */
export type Faults = {
  /** Answer `code` (HTTP 400-599; gRPC always UNAVAILABLE) to this share of requests, drawn from the seeded prng. */
  readonly status?: { readonly code: number; readonly rate: number };
  /** Wait before each answer. Unit: milliseconds. Range 0-600000. */
  readonly latencyMs?: number;
  /**
   * Accept and never answer, like a stopped process. What hangs is answered once the fault is healed, as after SIGCONT.
   * A gRPC call that carries a deadline ends there, by grpc-js on our side as well as on the caller's.
   */
  readonly hang?: boolean;
  /** Stop listening (clients see ECONNREFUSED) and reset the connections that are open. Cannot be scoped. */
  readonly refuse?: boolean;
  /** `/v1/models` lists nothing and every use is a 404, while `/health` stays well. */
  readonly missingModel?: boolean;
  /** Streams break after this many chunks of text: SSE by an error chunk after the 200, gRPC by status 14. Range 0-8192. */
  readonly streamError?: { readonly afterChunks: number };
  /** Each remote address sees ok, fail (503 or UNAVAILABLE), ok, fail, … on a counter of its own. */
  readonly alternate?: boolean;
  /** Path prefixes that the faults are limited to, gRPC paths included. Default: all. At most 16. */
  readonly scope?: readonly string[];
};

/** Faults read from an untrusted value, or a sentence saying what is wrong with it. */
export type ParsedFaults =
  | { readonly kind: "faults"; readonly faults: Faults }
  | { readonly kind: "error"; readonly message: string };

/** Whether the faults that need a path hold for this one. */
export function isInScope(faults: Faults, path: string): boolean {
  return faults.scope === undefined || faults.scope.some((prefix) => path.startsWith(prefix));
}

/** Checks every key and value; the message names the key at fault. */
export function parseFaults(value: unknown): ParsedFaults {
  const complaint = complain(value, "faults", checks) ?? complainOfPair(value as Faults);
  return complaint === undefined ? { kind: "faults", faults: value as Faults } : { kind: "error", message: complaint };
}

/** Answers why not, or undefined when the value will do. */
type Check = (value: unknown, key: string) => string | undefined;
type Checks = Readonly<Record<string, Check>>;

const checks = {
  status: (value, key) => complainUnlessWhole(value, key, { code: whole(400, 599), rate: between(0, 1) }),
  latencyMs: between(0, 600_000),
  hang: flag,
  refuse: flag,
  missingModel: flag,
  streamError: (value, key) => complainUnlessWhole(value, key, { afterChunks: whole(0, 8192) }),
  alternate: flag,
  scope: (value, key) => {
    const isList = Array.isArray(value) && value.length >= 1 && value.length <= 16;
    const isPath = (path: unknown): boolean => typeof path === "string" && /^\/[\x21-\x7e]{0,255}$/.test(path);
    return isList && value.every(isPath)
      ? undefined
      : `"${key}" must be a list of 1 to 16 path prefixes, each beginning with "/"`;
  },
} satisfies Record<keyof Faults, Check>;

function complain(value: unknown, where: string, known: Checks): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `"${where}" must be an object`;
  for (const [key, item] of Object.entries(value)) {
    // Own keys only: "toString" is no fault of ours.
    const check = Object.hasOwn(known, key) ? known[key] : undefined;
    if (check === undefined) return `unknown key "${key}" in "${where}"; known are ${Object.keys(known).join(", ")}`;
    const complaint = check(item, where === "faults" ? key : `${where}.${key}`);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** A nested object has no optional keys. */
function complainUnlessWhole(value: unknown, where: string, known: Checks): string | undefined {
  const complaint = complain(value, where, known);
  if (complaint !== undefined) return complaint;
  const missing = Object.keys(known).find((key) => !Object.hasOwn(value as object, key));
  return missing === undefined ? undefined : `"${where}.${missing}" is missing`;
}

function complainOfPair(faults: Faults): string | undefined {
  if (faults.refuse === true && faults.scope !== undefined) {
    return `"refuse" cannot be scoped: before a connection stands there is no path; leave out "scope"`;
  }
  return undefined;
}

function between(min: number, max: number): Check {
  return (value, key) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `"${key}" must be a number from ${min} to ${max}`;
}

function whole(min: number, max: number): Check {
  return (value, key) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `"${key}" must be a whole number from ${min} to ${max}`;
}

function flag(value: unknown, key: string): string | undefined {
  return typeof value === "boolean" ? undefined : `"${key}" must be true or false`;
}
