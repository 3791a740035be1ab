import type { Cause } from "./cause.ts";
import type { ServiceConfig } from "./config.ts";
import type { Draft } from "./draft.ts";
import { type Override, overrideCommand, overridesOf } from "./override.ts";

/** The words for a change that came from one of these overrides, or its end, and not from the base. */
export function overrideTurn(
  draft: Draft,
  service: ServiceConfig,
  bears: (override: Override) => boolean = ({ kind }) => kind !== "freeze",
): { cause: Cause; because: string } {
  const standing = overridesOf(draft.overrides, service.name).findLast(bears);
  if (!standing)
    return {
      cause: { kind: "override-ended", service: service.name },
      because: "the override that kept it away has ended",
    };
  const command = overrideCommand(standing);
  const because = `${standing.by} asked for ${command}: ${standing.reason}`;
  return { cause: { kind: "operator", service: service.name, command, by: standing.by }, because };
}
