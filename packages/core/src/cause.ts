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
