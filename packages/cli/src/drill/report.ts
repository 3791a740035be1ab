/** What a drill measured. Times are milliseconds since the fault, unless a name says otherwise; the fault is before the first signal. */
export type DrillReport = {
  readonly drill: "site-outage";
  readonly fault: FaultKind;
  readonly service: string;
  readonly site: string;
  readonly target: string;
  /** Wall clock of the fault. Unit: milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly objectiveMs: number;
  /** Fault until every authoritative server outside the site answered only the target; undefined when that never came. */
  readonly rtoMs: number | undefined;
  readonly heldForMs: number;
  readonly timeline: readonly TimelineRow[];
  readonly servers: readonly ServerRow[];
  readonly clients: ClientsRow;
  readonly comeback: ComebackRow;
  readonly verdict: "passed" | "failed";
  /** Everything that speaks against it, in sentences. */
  readonly complaints: readonly string[];
};

/** `killed`: connections are refused. `silent`: connections hang until somebody's patience ends. */
export type FaultKind = "killed" | "silent";

export type TimelineRow = { readonly ms: number; readonly what: string; readonly detail: string };

export type ServerRow = {
  readonly server: string;
  readonly site: string;
  /** False for the servers of the lost site: clients can't reach them, and the objective doesn't count them. */
  readonly isCounted: boolean;
  readonly movedMs: number | undefined;
  readonly asked: number;
  readonly answered: number;
  readonly empty: number;
  readonly servfail: number;
  readonly mixed: number;
  readonly timeouts: number;
};

export type ClientsRow = {
  readonly resolver: "authoritative" | "unbound";
  readonly connections: number;
  readonly failed: number;
  /** The last connection that failed or still reached the lost site. */
  readonly lastTroubleMs: number | undefined;
  /** From here on at least 95 % of new connections were served by the target. */
  readonly mostlyMovedMs: number | undefined;
  /** One entry a second: how many new connections were served by the site, by the target, and failed. */
  readonly curve: readonly {
    readonly second: number;
    readonly site: number;
    readonly target: number;
    readonly failed: number;
  }[];
};

export type ComebackRow = {
  /** What each server of the lost site answered first when it was back. */
  readonly firstAnswers: readonly { readonly server: string; readonly sites: readonly string[] }[];
  readonly stayedQuarantined: boolean;
  /** `sluice failback` until every nameserver answered as before; undefined when that never came. */
  readonly failbackMs: number | undefined;
};
