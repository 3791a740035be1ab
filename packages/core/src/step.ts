import { automateAll, servicesDue } from "./automate-all.ts";
import type { BallotCount } from "./ballot-count.ts";
import { type PastCause, rememberCauses } from "./cause.ts";
import type { Command, CommandResult } from "./command.ts";
import type { Config } from "./config.ts";
import { seeDates } from "./cycle-clock.ts";
import type { Decision } from "./decision.ts";
import { addCause, type Draft, openDraft } from "./draft.ts";
import type { Event } from "./event.ts";
import type { EpochMs, ServiceName } from "./model.ts";
import { obey } from "./obey.ts";
import { isExpired } from "./override.ts";
import { reroute } from "./reroute.ts";
import { buildSnapshot, type Snapshot } from "./snapshot.ts";
import { watchVotes } from "./watch.ts";
import type { Durable, ServiceState, Watch, World } from "./world.ts";

/** What the shell gathered for one cycle. */
export type Input = {
  readonly ballots: BallotCount;
  readonly commands: readonly Command[];
  /** Since the last cycle whose outcome was kept, by the monotonic clock. Absent: as the dates say. Unit: milliseconds. */
  readonly passedMs?: number;
  /** A follower watches the same votes, so that it knows the world when it takes over, and does nothing. */
  readonly role:
    | {
        readonly kind: "leading";
        readonly epoch: number;
        /** It leads by promises, with the store away: nothing moves by itself but away from a site that is down. */
        readonly isFailsafe?: boolean;
      }
    | { readonly kind: "following" };
};

/** What must be committed as one, under the epoch, before any of it may be published. */
export type Change = {
  readonly sequenceBefore: number;
  readonly durable: Durable;
  readonly servicesChanged: Readonly<Record<ServiceName, ServiceState>>;
  readonly servicesRemoved: readonly ServiceName[];
  readonly isConfigNew: boolean;
  readonly decisions: readonly Decision[];
  /** Present when what is served, or who leads, changed. */
  readonly snapshot: Snapshot | undefined;
};

export type Outcome = {
  readonly watch: Watch;
  readonly change: Change | undefined;
  readonly events: readonly Event[];
  readonly results: Readonly<Record<string, CommandResult>>;
};

/**
 * One cycle of the arbiter, as arithmetic: the world, what was gathered, and the date go in; what to watch, what to commit,
 * what happened and what to tell the operators come out. The durable world changes only when the shell has committed `change`.
 */
export function step(world: World, input: Input, now: EpochMs): Outcome {
  const watched = watchVotes(world.watch, world.durable.config, { ...input, services: world.durable.services, now });
  if (input.role.kind === "following" || isOutdated(world.durable, input.role.epoch)) {
    const { acted: _, ...watch } = watched.watch;
    const clock = seeDates(watch.clock, world.durable.services);
    return { watch: { ...watch, clock }, change: undefined, events: watched.events, results: {} };
  }
  let draft = openDraft(world.durable, watched.watch, now);
  draft.isFailsafe = input.role.isFailsafe ?? false;
  if (!draft.isFailsafe) expireOverrides(draft);
  const results: Record<string, CommandResult> = {};
  for (const command of input.commands) {
    const obeyed = obey(draft, command);
    draft = obeyed.draft;
    results[command.id] = obeyed.result;
  }
  const isNewLeader = world.durable.snapshot?.fence.epoch !== input.role.epoch;
  const isConfigNew = world.watch.counted?.config !== world.durable.config;
  const isBlameNew = world.watch.blamed !== watched.watch.blamed;
  const isAnyNew = isNewLeader || isConfigNew || isBlameNew || input.commands.length > 0;
  const due = isAnyNew ? draft.config.services : servicesDue(draft, watched.changed);
  const watch = automateAll(draft, due);
  const change = close(world.durable, draft, input.role.epoch);
  return { watch, change, events: [...watched.events, ...draft.events], results };
}

/** An epoch below the world's own fence can't be the leader's: whatever it wrote would be refused as older. */
const isOutdated = ({ snapshot }: Durable, epoch: number): boolean =>
  snapshot !== undefined && epoch < snapshot.fence.epoch;

function expireOverrides(draft: Draft): void {
  const expired = draft.overrides.filter((override) => isExpired(override, draft.now));
  if (expired.length === 0) return;
  draft.overrides = draft.overrides.filter((override) => !expired.includes(override));
  for (const { id } of expired) draft.events.push({ kind: "override-ended", id, because: "expired" });
}

/** What changed between the world and the draft, or undefined. Anything durable takes at least one number of the sequence. */
function close(before: Durable, draft: Draft, epoch: number): Change | undefined {
  const isChangedState = (name: ServiceName): boolean => draft.services[name] !== before.services[name];
  const servicesChanged = Object.fromEntries(
    [...(draft.touched ?? [])].flatMap((name) => {
      const state = draft.services[name];
      return state && isChangedState(name) ? [[name, state]] : [];
    }),
  );
  const servicesRemoved =
    draft.config === before.config ? [] : Object.keys(before.services).filter((name) => !(name in draft.services));
  const isConfigNew = draft.configRevision !== before.configRevision;
  const isNewLeader = before.snapshot?.fence.epoch !== epoch;
  const isChanged =
    isNewLeader ||
    isConfigNew ||
    servicesRemoved.length > 0 ||
    Object.keys(servicesChanged).length > 0 ||
    draft.overrides !== before.overrides;
  if (!isChanged) return undefined;
  if (isNewLeader) addCause(draft, { kind: "leader", epoch });
  reroute(draft, before, isNewLeader);
  if (draft.sequence === before.sequence) draft.sequence += 1;
  const isServedNew = draft.causes.length > 0 || draft.decisions.length > 0;
  const snapshot = isServedNew ? stampedSnapshot(before, draft, epoch) : undefined;
  const durable: Durable = {
    installation: before.installation,
    sequence: draft.sequence,
    configRevision: draft.configRevision,
    config: draft.config,
    services: draft.services,
    overrides: draft.overrides,
    snapshot: snapshot ?? before.snapshot,
  };
  const { decisions } = draft;
  return {
    sequenceBefore: before.sequence,
    durable,
    servicesChanged,
    servicesRemoved,
    isConfigNew,
    decisions,
    snapshot,
  };
}

function stampedSnapshot(before: Durable, draft: Draft, epoch: number): Snapshot {
  const fence = { installation: before.installation, epoch, sequence: draft.sequence };
  const past = before.snapshot ? pastOf(before.snapshot, draft.config) : [];
  const stamp = { fence, causes: draft.causes, past, configRevision: draft.configRevision, issuedAt: draft.now };
  return buildSnapshot(draft.config, draft, stamp);
}

/** What the last snapshot knew of causes, and its own, as far as they are about something that is still configured. */
function pastOf({ past, causes, fence }: Snapshot, config: Config): readonly PastCause[] {
  const sites = new Set(config.sites.map((site) => site.name));
  const services = new Set(config.services.map((service) => service.name));
  return rememberCauses(past ?? [], causes, fence.sequence).filter(({ cause }) => {
    if ("site" in cause) return sites.has(cause.site);
    return !("service" in cause) || cause.service === undefined || services.has(cause.service);
  });
}
