import { type PolicyConfig, policySites } from "./config.ts";
import type { SiteName } from "./model.ts";
import { isDrained, type Override, undrained } from "./override.ts";
import type { Placement } from "./placement.ts";

/**
 * The base after automation moved what is served. It becomes what is wanted, but drained sites keep their place in it, since
 * a drain ends and they then serve again:
 *
 *   base     drained   served    wanted   base after
 *   A        -         A         B        B
 *   A        A         B         C        A
 *   A,B,C    A         B,C       C        A,C
 *   any      any       any       sorry    sorry: when nothing ranks, there is nothing to come back to
 */
export function moveBase(
  { base, wanted }: { readonly base: Placement; readonly wanted: Placement },
  overrides: readonly Override[],
  policy: PolicyConfig,
): Placement {
  if (base.kind !== "sites" || wanted.kind !== "sites") return wanted;
  if (!undrained(base, overrides)) return base;
  const drained = base.shares.filter((entry) => isDrained(overrides, entry.site));
  const all = [...wanted.shares, ...drained];
  return {
    kind: "sites",
    shares: policySites(policy).flatMap((site) => all.find((entry) => entry.site === site) ?? []),
  };
}

/** The base without the sites that were left; without any site left to come back to, it is what is served. */
export function shedBase(
  state: { readonly base: Placement; readonly served: Placement },
  left: readonly SiteName[],
): Placement {
  if (state.base.kind !== "sites") return state.base;
  const shares = state.base.shares.filter((entry) => !left.includes(entry.site));
  return shares.length > 0 ? { kind: "sites", shares } : state.served;
}
