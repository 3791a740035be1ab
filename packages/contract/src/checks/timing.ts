import { type Problem, type RtoBudget, rtoBudget } from "@sluice/core";
import type { Parts } from "../parts.ts";

/** Unit: seconds. With longer ones, resolvers go on sending clients to a lost site after everything else has moved. */
const ttlWarnSeconds = 30;

/** Times that don't fit one another, and objectives that can't be met. */
export const timing = (parts: Parts): readonly Problem[] => [
  ...deadline(parts),
  ...degraded(parts),
  ...budgets(parts).flatMap((budget) => budget.problems),
];

export const timingWarnings = (parts: Parts): readonly Problem[] => [
  ...parts
    .leaves("services", parts.config.services, "ttlSeconds")
    .filter(({ value }) => value > ttlWarnSeconds)
    .map(({ path, value }) => ({
      path,
      message: `resolvers may keep an answer for ${value} s after a failover`,
      hint: `Lower it to ${ttlWarnSeconds} or less; 20 is the default.`,
    })),
  ...budgets(parts).flatMap((budget) => budget.warnings),
];

/**
 * Looks begin each interval / 4 while a target fails, and the agent has at most eight under way. Beyond two intervals they
 * would all be waiting, no new one could begin, and a silent fault would take longer than the budget says.
 */
function deadline(parts: Parts): readonly Problem[] {
  if (!parts.isSound("probes.deadlineMs", "probes.intervalMs")) return [];
  const { deadlineMs, intervalMs } = parts.config.probes;
  const most = 2 * intervalMs;
  if (deadlineMs <= most) return [];
  const message = `${deadlineMs} ms is longer than two intervals of ${intervalMs} ms: looks would pile up`;
  return [{ path: "probes.deadlineMs", message, hint: `Lower it to ${most} or less, or raise probes.intervalMs.` }];
}

function degraded(parts: Parts): readonly Problem[] {
  if (!parts.isSound("probes.degradedFailures", "probes.degradedLooks")) return [];
  const { degradedFailures, degradedLooks } = parts.config.probes;
  if (degradedFailures <= degradedLooks) return [];
  const message = `${degradedFailures} of ${degradedLooks} looks can never fail, so nothing would ever be degraded`;
  return [{ path: "probes.degradedFailures", message, hint: "Lower it, or raise probes.degradedLooks." }];
}

/** The budget of each service whose terms can all be read. */
function budgets(parts: Parts): readonly RtoBudget[] {
  const { config, roles } = parts;
  const leads = "arbiters[0].site";
  const common = ["probes.intervalMs", "probes.deadlineMs", "probes.fall", "store.site", leads];
  if (!roles || !Array.isArray(config.arbiters) || !parts.isSound(...common)) return [];
  return parts
    .pieces("services", config.services, ["ttlSeconds", "rtoSeconds"])
    .map(({ path }) => config.services[Number(/\d+/.exec(path)?.[0])])
    .flatMap((service) => (service ? [rtoBudget(config, service)] : []));
}
