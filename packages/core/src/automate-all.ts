import { automate } from "./automate.ts";
import type { ServiceConfig } from "./config.ts";
import { indexOf } from "./config-index.ts";
import { seeDates } from "./cycle-clock.ts";
import type { Draft } from "./draft.ts";
import { dueInMs } from "./due.ts";
import type { ServiceName } from "./model.ts";
import type { SituationKind } from "./situation.ts";
import type { Target } from "./target.ts";
import { earlyMs } from "./watch.ts";
import type { Acted, HeldBack, Watch } from "./world.ts";

/**
 * The services of which something may be new, in the order of the configuration: those that depend on a target that `changed`,
 * those that are held back, whose reasons count the seconds, and those whose time has come. All of them, where the world isn't
 * the one that the last cycle left.
 */
export function servicesDue(draft: Draft, changed: readonly Target[]): readonly ServiceConfig[] {
  const { config, watch } = draft;
  const { acted, clock, counted } = watch;
  const isOther = draft.overrides !== acted?.overrides || clock.services !== draft.stood || counted?.config !== config;
  if (!acted || isOther) return config.services;
  const index = indexOf(config);
  const due = new Set<ServiceName>(Object.keys(watch.held));
  for (const target of changed) {
    if (target.kind === "pool") due.add(target.service);
    else for (const name of index.bySite.get(target.site) ?? []) due.add(name);
  }
  for (const [name, atMs] of acted.dueAtMs) if (atMs <= clock.ranMs + earlyMs) due.add(name);
  return due.size === 0 ? [] : config.services.filter(({ name }) => due.has(name));
}

/** Automation for each of these services; the others are as they were. */
export function automateAll(draft: Draft, services: readonly ServiceConfig[]): Watch {
  const { situations, acted, clock } = draft.watch;
  const held: Record<ServiceName, HeldBack> = {};
  const turned = new Map<ServiceName, SituationKind>();
  const due = new Map<ServiceName, number | undefined>();
  for (const service of services) {
    const { name } = service;
    const before = draft.services[name];
    const { assessment, held: why } = automate(draft, service);
    if (why !== undefined) held[name] = why;
    const from = situations[name];
    const to = assessment.situation;
    if (from !== to) draft.events.push({ kind: "situation-changed", service: name, from: from ?? "unplaced", to });
    if (from !== to) turned.set(name, to);
    // What has just changed may lead to the next change.
    const leftMs = draft.services[name] === before ? dueInMs(draft, service) : 0;
    due.set(name, leftMs === undefined ? undefined : clock.ranMs + leftMs);
  }
  return {
    ...draft.watch,
    held,
    situations: situationsAfter(draft, turned),
    clock: seeDates(clock, draft.services),
    acted: { overrides: draft.overrides, dueAtMs: dueAfter(draft, acted, due) },
  };
}

/** Those of services that are no longer configured are forgotten. */
function situationsAfter(draft: Draft, turned: ReadonlyMap<ServiceName, SituationKind>): Watch["situations"] {
  const { situations, counted } = draft.watch;
  if (counted?.config !== draft.config) {
    const { services } = draft.config;
    const all = services.map(({ name }) => [name, turned.get(name) ?? situations[name]] as const);
    return Object.fromEntries(all.flatMap(([name, kind]) => (kind ? [[name, kind]] : [])));
  }
  return turned.size === 0 ? situations : { ...situations, ...Object.fromEntries(turned) };
}

function dueAfter(
  draft: Draft,
  acted: Acted | undefined,
  due: ReadonlyMap<ServiceName, number | undefined>,
): Acted["dueAtMs"] {
  if (due.size === 0 && acted) return acted.dueAtMs;
  const all = new Map(draft.watch.counted?.config === draft.config ? acted?.dueAtMs : []);
  for (const [name, atMs] of due) {
    if (atMs === undefined) all.delete(name);
    else all.set(name, atMs);
  }
  return all;
}
