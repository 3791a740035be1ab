import { isSuspect, opinionOf, type ProbeSettings, type TargetKey } from "@sluice/core";
import {
  beginLook,
  endLook,
  inFlightMax,
  newPace,
  nextLookAt,
  type Pace,
  suspect,
} from "../../../services/agent/src/pace.ts";
import { type HealthTable, opinions } from "./health-table.ts";

/** One agent's watch over one target: the agent's own pace, in one of two forms. */
export interface Eye {
  /** When the next look is due, perhaps in the past; Infinity while too many are under way. */
  dueAt(): number;
  begin(now: number): void;
  end(failed: boolean): void;
  suspect(now: number): void;
  /** The opinion's number in `opinions`. */
  opinion(): number;
  isSuspect(): boolean;
}

export type EyeAt = { readonly key: TargetKey; readonly now: number; readonly settings: ProbeSettings };

/** The agent's own functions, as they are. Some ten times slower than the table; a test holds the two to the same looks. */
export function makePlainEye({ key, now, settings }: EyeAt): Eye {
  let pace: Pace = newPace(key, now, settings.intervalMs);
  return {
    dueAt: () => nextLookAt(pace, settings.intervalMs) ?? Number.POSITIVE_INFINITY,
    begin(at) {
      pace = beginLook(pace, at);
    },
    end(failed) {
      pace = endLook(pace, failed, settings);
    },
    suspect(at) {
      pace = suspect(pace, at);
    },
    opinion: () => opinions.indexOf(opinionOf(pace.health, settings)),
    isSuspect: () => isSuspect(pace.health),
  };
}

/** The same, with the health from the table and no object made for a look. Infinity stands for "not yet" and "no suspicion". */
export class TableEye implements Eye {
  private health = 0;
  private inFlight = 0;
  private startedAt = Number.NEGATIVE_INFINITY;
  private suspectedAt = Number.POSITIVE_INFINITY;
  private readonly firstAt: number;
  private readonly intervalMs: number;
  private readonly table: HealthTable;

  constructor({ key, now, settings }: EyeAt, table: HealthTable) {
    this.firstAt = newPace(key, now, settings.intervalMs).firstAt;
    this.intervalMs = settings.intervalMs;
    this.table = table;
  }

  dueAt(): number {
    if (this.inFlight >= inFlightMax) return Number.POSITIVE_INFINITY;
    if (this.startedAt === Number.NEGATIVE_INFINITY) return Math.min(this.firstAt, this.suspectedAt);
    const quick = this.startedAt + this.intervalMs / 4;
    if (this.table.quickened[this.health] === 1) return quick;
    return Math.min(this.startedAt + this.intervalMs, Math.max(quick, this.suspectedAt));
  }

  begin(now: number): void {
    this.suspectedAt = Number.POSITIVE_INFINITY;
    this.startedAt = now;
    this.inFlight += 1;
  }

  end(failed: boolean): void {
    this.health = (failed ? this.table.failed : this.table.ok)[this.health] as number;
    this.inFlight -= 1;
  }

  suspect(now: number): void {
    this.suspectedAt = Math.min(this.suspectedAt, now);
  }

  opinion(): number {
    return this.table.opinion[this.health] as number;
  }

  isSuspect(): boolean {
    return this.table.suspect[this.health] === 1;
  }
}
