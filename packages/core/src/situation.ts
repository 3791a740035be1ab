/**
 * What can be the case for a service, worked out before any action. The list is closed, so operators can read it as the list
 * of what can go wrong; `docs/situations.md` explains each.
 */
export const situationKinds = [
  "unplaced",
  "serving",
  "serving-away",
  "serving-without-standby",
  "site-unknown",
  "site-degraded-standby-ready",
  "site-degraded-no-standby",
  "site-down-standby-ready",
  "site-down-standby-degraded",
  "site-down-standby-quarantined",
  "everything-down",
  "recovered-from-all-bad",
  "share-site-down",
  "share-site-back",
  "failing-back",
  "failback-stopped",
] as const;

/** Nothing is about to move: a good time for what can wait, such as handing over the lead. */
export const calmSituations: readonly SituationKind[] = ["serving", "serving-away", "serving-without-standby"];

export type SituationKind = (typeof situationKinds)[number];
