import { compareFence, type Fence } from "./fence.ts";
import type { ServiceSnapshot, Snapshot } from "./snapshot.ts";

/**
 * Whether a data plane takes a snapshot. The arbiter has held the same floors already; they are held a second time here,
 * since a guard in the process that is being guarded against is no guard.
 *
 *   other installation                  refuse  diverged
 *   fence older                         refuse  older-fence
 *   fence equal, same content           repeat
 *   fence equal, other content          refuse  equal-fence-other-content: two leaders, or a forgery
 *   epoch more than 1,000 ahead         refuse  epoch-jump: one bad number must not lock everybody out for ever
 *   a service without an answer, or gone
 *   though no configuration says so     refuse  empty-answer
 *   more changed than the causes cover  refuse  change-budget
 *   else                                accept
 */
export type AcceptResult =
  | { readonly kind: "accept" }
  | { readonly kind: "repeat" }
  | {
      readonly kind: "refuse";
      readonly because:
        | "diverged"
        | "older-fence"
        | "equal-fence-other-content"
        | "epoch-jump"
        | "empty-answer"
        | "change-budget";
      readonly detail: string;
    };

const epochJumpMax = 1_000;
/** Share of services that may change in one snapshot whose causes don't cover them. One service may always change. */
const changedShareMax = 0.25;

export function acceptSnapshot(current: Snapshot | undefined, next: Snapshot): AcceptResult {
  const refusal = current && whyNotFence(current, next);
  if (refusal) return refusal;
  const empty = next.services.find((service) => totalAddresses(service) === 0);
  if (empty) return { kind: "refuse", because: "empty-answer", detail: `${empty.host} would have no address` };
  if (!current) return { kind: "accept" };
  const dropped = current.services.filter(
    (service) => !next.services.some((entry) => entry.service === service.service),
  );
  const isConfig = next.causes.some((cause) => cause.kind === "config");
  if (dropped[0] && !isConfig) {
    return {
      kind: "refuse",
      because: "empty-answer",
      detail: `${dropped[0].host} would be gone, and no configuration says so`,
    };
  }
  const changed = next.services.filter((service) => isUncovered(current, next, service));
  const allowed = Math.max(1, Math.floor(current.services.length * changedShareMax));
  if (changed.length > allowed) {
    const detail = `${changed.length} services change without a cause that covers them; at most ${allowed} may`;
    return { kind: "refuse", because: "change-budget", detail };
  }
  return { kind: "accept" };
}

function whyNotFence(current: Snapshot, next: Snapshot): AcceptResult | undefined {
  const detail = `current ${show(current.fence)}, offered ${show(next.fence)}`;
  switch (compareFence(next.fence, current.fence)) {
    case "foreign":
      return { kind: "refuse", because: "diverged", detail };
    case "older":
      return { kind: "refuse", because: "older-fence", detail };
    case "equal":
      return JSON.stringify(next) === JSON.stringify(current)
        ? { kind: "repeat" }
        : { kind: "refuse", because: "equal-fence-other-content", detail };
    case "newer":
      return next.fence.epoch - current.fence.epoch > epochJumpMax
        ? { kind: "refuse", because: "epoch-jump", detail }
        : undefined;
  }
}

const show = (fence: Fence): string => `${fence.installation}:${fence.epoch}.${fence.sequence}`;

const totalAddresses = (service: ServiceSnapshot): number =>
  service.choices.filter((choice) => choice.share > 0).reduce((sum, choice) => sum + choice.addresses.length, 0);

/** True when a service's answers change and no cause of the snapshot speaks of it. */
function isUncovered(current: Snapshot, next: Snapshot, service: ServiceSnapshot): boolean {
  const before = current.services.find((entry) => entry.service === service.service);
  if (!before || JSON.stringify(before.choices) === JSON.stringify(service.choices)) return false;
  return !next.causes.some((cause) => {
    switch (cause.kind) {
      case "evacuate":
      case "leave-degraded":
        return before.choices.some((choice) => choice.site === cause.site);
      case "rebalance":
      case "failback":
      case "all-bad":
      case "override-ended":
        return cause.service === service.service;
      case "operator":
        return cause.service === undefined || cause.service === service.service;
      case "config":
        return true;
      case "leader":
        return false;
      default:
        return cause satisfies never;
    }
  });
}
