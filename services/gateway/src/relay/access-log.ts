import type { Logger } from "@sluice/runtime";
import type { Record } from "./record.ts";

/** One line for each request, by level `info`. Never a header's value, a query or a body: those are people's own. */
export function makeAccessLog(logger: Logger): (record: Record) => void {
  return (record) => {
    if (!logger.isLevelEnabled("info")) return;
    const { path, startedAt: _, outcome, firstByteMs, totalMs, ...rest } = record;
    const query = path.indexOf("?");
    logger.info({
      event: "request",
      ...rest,
      path: (query < 0 ? path : path.slice(0, query)).slice(0, 256),
      ...(outcome ? { outcome: outcome.kind } : {}),
      ...(outcome && "because" in outcome ? { outcomeBecause: outcome.because } : {}),
      ...(firstByteMs === undefined ? {} : { firstByteMs: round(firstByteMs) }),
      ...(totalMs === undefined ? {} : { totalMs: round(totalMs) }),
    });
  };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
