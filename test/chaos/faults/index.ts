import type { Fault } from "../fault.ts";
import { applicationDead } from "./f01-application-dead.ts";
import { blackHole } from "./f02-black-hole.ts";
import { gray } from "./f03-gray.ts";
import { sharedDependency } from "./f04-shared-dependency.ts";
import { sitesParted } from "./f05-sites-parted.ts";
import { siteIsolated } from "./f06-site-isolated.ts";
import { cutFromArbiters } from "./f07-cut-from-arbiters.ts";
import { witnessLost } from "./f08-witness-lost.ts";
import { witnessLostSitesParted } from "./f09-witness-lost-sites-parted.ts";
import { votesLost } from "./f10-votes-lost.ts";
import { repliesLost } from "./f11-replies-lost.ts";
import { leaderPaused } from "./f12-leader-paused.ts";
import { leaderKilledHalfWay } from "./f13-leader-killed-half-way.ts";
import { primaryDies } from "./f14-primary-dies.ts";
import { databaseSilent } from "./f16-database-silent.ts";
import { databaseSlow } from "./f17-database-slow.ts";
import { diskFull } from "./f19-disk-full.ts";
import { snapshotDamaged } from "./f20-snapshot-damaged.ts";
import { clocksWrong } from "./f21-clocks-wrong.ts";
import { agentLies } from "./f28-agent-lies.ts";
import { agentSlow } from "./f31-agent-slow.ts";
import { siteFlaps } from "./f32-site-flaps.ts";
import { bothDownOneBack } from "./f34-both-down-one-back.ts";
import { twoOperators } from "./f36-two-operators.ts";
import { coldStartEmpty } from "./f41-cold-start-empty.ts";

/** In the order of the reference's table. */
export const allFaults: readonly Fault[] = [
  applicationDead,
  blackHole,
  gray,
  sharedDependency,
  sitesParted,
  siteIsolated,
  cutFromArbiters,
  witnessLost,
  witnessLostSitesParted,
  votesLost,
  repliesLost,
  leaderPaused,
  leaderKilledHalfWay,
  primaryDies,
  databaseSilent,
  databaseSlow,
  diskFull,
  snapshotDamaged,
  clocksWrong,
  agentLies,
  agentSlow,
  siteFlaps,
  bothDownOneBack,
  twoOperators,
  coldStartEmpty,
];

/** The most telling for their time: a site dies, another is parted from it, the leader stands still in the middle of a change. */
export const shortFaults: readonly string[] = ["F2", "F5", "F12"];
