import type { ServiceConfig } from "../config.ts";
import type { Placement } from "../placement.ts";

/** Where a service lives when nothing is wrong. */
export function homeOf(service: ServiceConfig): Placement {
  const { policy } = service;
  if (policy.kind === "weighted") return { kind: "sites", shares: policy.sites.filter((entry) => entry.share > 0) };
  return { kind: "sites", shares: policy.sites.slice(0, 1).map((site) => ({ site, share: 1 })) };
}
