import type { ServiceName, SiteName } from "./model.ts";

/** Why a snapshot differs from the one before. Data planes read it: a whole-site move passes, a wild edit doesn't. */
export type Cause =
  | { readonly kind: "evacuate"; readonly site: SiteName }
  | { readonly kind: "leave-degraded"; readonly site: SiteName }
  | { readonly kind: "rebalance"; readonly service: ServiceName }
  | { readonly kind: "failback"; readonly service: ServiceName }
  | { readonly kind: "all-bad"; readonly service: ServiceName }
  | { readonly kind: "operator"; readonly service?: ServiceName; readonly command: string; readonly by: string }
  | { readonly kind: "override-ended"; readonly service: ServiceName }
  | { readonly kind: "config"; readonly revision: number }
  | { readonly kind: "leader"; readonly epoch: number };

/** A cause of an earlier snapshot, with the number of that snapshot. */
export type PastCause = { readonly sequence: number; readonly cause: Cause };

/**
 * The last cause of each subject, so that a node that missed ten snapshots still sees in the eleventh why each service has
 * changed since. A new leader is no cause for anything to change.
 */
export function rememberCauses(
  past: readonly PastCause[],
  causes: readonly Cause[],
  sequence: number,
): readonly PastCause[] {
  const bySubject = new Map(past.map((entry) => [subjectOf(entry.cause), entry]));
  for (const cause of causes) {
    if (cause.kind !== "leader") bySubject.set(subjectOf(cause), { sequence, cause });
  }
  return [...bySubject.values()];
}

function subjectOf(cause: Cause): string {
  switch (cause.kind) {
    case "evacuate":
    case "leave-degraded":
      return `${cause.kind} ${cause.site}`;
    case "rebalance":
    case "failback":
    case "all-bad":
    case "override-ended":
    case "operator":
      return `service ${cause.service ?? ""}`;
    case "config":
    case "leader":
      return cause.kind;
    default:
      return cause satisfies never;
  }
}

export function formatCause(cause: Cause): string {
  switch (cause.kind) {
    case "evacuate":
      return `evacuate ${cause.site}`;
    case "leave-degraded":
      return `leave degraded ${cause.site}`;
    case "rebalance":
    case "failback":
      return `${cause.kind} ${cause.service}`;
    case "all-bad":
      return `nothing ranks for ${cause.service}`;
    case "operator":
      return `${cause.command} by ${cause.by}`;
    case "override-ended":
      return `an override of ${cause.service} ended`;
    case "config":
      return `config revision ${cause.revision}`;
    case "leader":
      return `new leader, epoch ${cause.epoch}`;
    default:
      return cause satisfies never;
  }
}
