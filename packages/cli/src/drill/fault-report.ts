import type { ServedTable } from "@sluice/lab";
import type { TimelineRow } from "./report.ts";

export const faultDrills = ["error-spike", "latency-degradation"] as const;
export type FaultDrillName = (typeof faultDrills)[number];

/**
 * What a drill measured whose fault leaves the site standing: its gateway goes on serving, and must send requests elsewhere. Times
 * are milliseconds since the fault, unless a name says otherwise.
 */
export type FaultDrillReport = {
  readonly drill: FaultDrillName;
  /** What was done to every model server of the site, in words. */
  readonly fault: string;
  readonly service: string;
  readonly site: string;
  readonly target: string;
  /** Wall clock of the fault. Unit: milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly requestsPerSecond: number;
  readonly objective: FaultObjective;
  readonly requests: RequestsRow;
  /** Fault until every nameserver answered only the target; undefined when that never came. */
  readonly dnsMovedMs: number | undefined;
  readonly timeline: readonly TimelineRow[];
  /** Who served what before the fault, from then until requests had moved, and after that. */
  readonly phases: readonly { readonly phase: "before" | "during" | "after"; readonly served: ServedTable }[];
  /** Fault healed and trips cleared until every nameserver answered the site again; undefined when that never came. */
  readonly homeMs: number | undefined;
  readonly verdict: "passed" | "failed";
  /** Everything that speaks against it, in sentences. */
  readonly complaints: readonly string[];
};

export type FaultObjective = {
  /** From the fault until new requests are served by the target. Unit: milliseconds. */
  readonly movedMs: number;
  /** Of the requests in the minute from the fault on: so many, or this share of them in [0, 1], whichever is more. */
  readonly lostMax: number;
  readonly lostShareMax: number;
};

export type RequestsRow = {
  /** In the minute from the fault on. */
  readonly sent: number;
  readonly lost: number;
  /** The first request that the target served, and the first of a whole second's worth that it served all, and well. */
  readonly firstMs: number | undefined;
  readonly movedMs: number | undefined;
  /** Requests begun after that which were lost, or which the site served. */
  readonly strayed: number;
};
