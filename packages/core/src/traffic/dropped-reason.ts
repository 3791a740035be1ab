/** The header by which llm-d's router says why it dropped a request. Lower case. */
export const droppedReasonHeader = "x-llm-d-request-dropped-reason";

/**
 * What each value of that header means. `full`: the pool works and has no room. `work`: whether a model server had
 * begun on the request, which is what decides if it may be sent again. The names are those of llm-d-router,
 * pkg/common/error; `no-endpoints` and `internal` are newer than its v0.9. A pool without a ready endpoint is broken, not
 * full, whatever its prefix says. A name that we don't know yet is taken by its prefix.
 */
export const droppedReasons = {
  "rejected-saturated": { pool: "full", work: "none" },
  "rejected-ttl-expired": { pool: "full", work: "none" },
  "rejected-context-cancelled": { pool: "full", work: "none" },
  "rejected-shutting-down": { pool: "full", work: "none" },
  "rejected-no-endpoints": { pool: "broken", work: "none" },
  "rejected-internal": { pool: "broken", work: "none" },
  "rejected-other": { pool: "full", work: "none" },
  evicted: { pool: "full", work: "spent" },
  "evicted-queue-pressure": { pool: "full", work: "spent" },
  "evicted-priority": { pool: "full", work: "spent" },
  "evicted-other": { pool: "full", work: "spent" },
} as const satisfies Record<string, { readonly pool: "full" | "broken"; readonly work: "none" | "spent" }>;

export type DroppedReason = keyof typeof droppedReasons;

/** The reason that a header's value names, or undefined if it names none. */
export function parseDroppedReason(value: string | undefined): DroppedReason | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (Object.hasOwn(droppedReasons, text)) return text as DroppedReason;
  if (text.startsWith("rejected-")) return "rejected-other";
  return text.startsWith("evicted-") ? "evicted-other" : undefined;
}
