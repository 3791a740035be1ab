import { blamedSentence } from "./blamed.ts";
import { whyNotAgain } from "./brake.ts";
import { policySites, type ServiceConfig } from "./config.ts";
import { agoMs } from "./cycle-clock.ts";
import { holdMs, timesLeft } from "./hold.ts";
import { type EpochMs, epochMs, type SiteName } from "./model.ts";
import { formatPlacement, sitesOf } from "./placement.ts";
import { homeOf } from "./policy/home.ts";
import { readmitMs } from "./quarantine.ts";
import { nextPercent } from "./ramp.ts";
import { siteHealth } from "./site-health.ts";
import type { Durable, ServiceState, Watch } from "./world.ts";

/** A brake that stands on a service, whether or not anything wants to move now. */
export type StandingBrake = {
  /** A rule of brake.ts or a floor, or one that only holds back what comes home: `quarantine`, `failback`, `ramp`. */
  readonly rule: string;
  /** A sentence for operators. */
  readonly because: string;
  /** Until when, if nothing changes. Absent: until something changes, or an operator acts. */
  readonly until?: EpochMs;
  /** It holds back a move that is wanted now. */
  readonly isHolding: boolean;
};

type Facts = { readonly durable: Durable; readonly watch: Watch; readonly now: EpochMs };

/** What holds a service back, or would: what is held now comes first. */
export function standingBrakes(facts: Facts, service: ServiceConfig): readonly StandingBrake[] {
  const { durable, watch } = facts;
  const state = durable.services[service.name];
  const held = watch.held[service.name];
  if (!state) return [];
  const others = [
    ...ownBrakes(facts, service, state),
    ...blames(facts, service),
    ...rampBrakes(facts, service, state),
    ...state.quarantine.map(({ site }) => quarantineBrake(facts, service, site)),
    ...failbackBrakes(facts, service, state),
  ];
  return [
    ...(held ? [{ ...held, isHolding: true }] : []),
    ...others.filter(({ rule }) => rule !== held?.rule).map((brake) => ({ ...brake, isHolding: false })),
  ];
}

type Brake = Omit<StandingBrake, "isHolding">;

function ownBrakes({ durable, watch, now }: Facts, service: ServiceConfig, state: ServiceState): readonly Brake[] {
  const agesMs = state.moves.map((at) => agoMs(watch.clock, service.name, at));
  const why = whyNotAgain({ agesMs, isLatched: state.latchedAt !== undefined }, durable.config.guards);
  return why ? [{ rule: why.rule, because: why.because, ...until(now, why.leftMs) }] : [];
}

const blames = ({ watch }: Facts, service: ServiceConfig): readonly Brake[] =>
  watch.blamed
    .filter((what) => what.kind === "ourselves" || what.service === service.name)
    .map((what) => ({ rule: "common-mode", because: blamedSentence(what) }));

function rampBrakes({ durable, watch, now }: Facts, service: ServiceConfig, { ramp }: ServiceState): readonly Brake[] {
  if (!ramp) return [];
  const leftMs = Math.max(0, durable.config.guards.rampStepMs - agoMs(watch.clock, service.name, ramp.since));
  const because = `${ramp.percent} % of the way home to ${formatPlacement(ramp.to)}; ${nextPercent(ramp.percent)} % is next if this goes well`;
  return [{ rule: "ramp", because, ...until(now, leftMs) }];
}

function quarantineBrake(facts: Facts, service: ServiceConfig, site: SiteName): Brake {
  const flaps = facts.durable.services[service.name]?.flaps;
  const entry = facts.durable.services[service.name]?.quarantine.find((other) => other.site === site);
  const times = Math.max(1, timesLeft(flaps, site));
  const neededMs = readmitMs(facts.durable, service.name, site);
  const leftAgoMs = entry ? agoMs(facts.watch.clock, service.name, entry.since) : 0;
  const wait = waitFor(facts, service, { site, neededMs, leftAgoMs });
  const often = times > 1 ? `, ${times} times lately` : "";
  return {
    rule: "quarantine",
    because: `${site} was left as ${entry?.because ?? "down"}${often}; ${wait.because} until it may be a target again`,
    ...until(facts.now, wait.leftMs),
  };
}

/** What of home waits until it has been well for long enough. */
function failbackBrakes(facts: Facts, service: ServiceConfig, state: ServiceState): readonly Brake[] {
  const { failback, policy } = service;
  if (failback.kind === "manual" || state.ramp || state.isOperatorsChoice || state.base.kind !== "sites") return [];
  const away = sitesOf(homeOf(service)).filter((site) => !sitesOf(state.base).includes(site));
  const { guards } = facts.durable.config;
  return policySites(policy)
    .filter((site) => away.includes(site) && !state.quarantine.some((entry) => entry.site === site))
    .flatMap((site): Brake[] => {
      const neededMs = holdMs(failback.afterMs, timesLeft(state.flaps, site), guards);
      const wait = waitFor(facts, service, { site, neededMs });
      // Its time has come, so whatever holds it now is told by its own rule.
      if (wait.leftMs === 0) return [];
      const because = `${site}: ${wait.because} until traffic goes home`;
      return [{ rule: "failback", because, ...until(facts.now, wait.leftMs) }];
    });
}

/** How long a site must yet be well. Unit: milliseconds; absent while it isn't. */
function waitFor(
  { durable, watch }: Facts,
  service: ServiceConfig,
  of: { readonly site: SiteName; readonly neededMs: number; readonly leftAgoMs?: number },
): { readonly because: string; readonly leftMs?: number } {
  const { kind, healthyForMs } = siteHealth(durable.config, service, { site: of.site, watch });
  const needed = `${Math.round(of.neededMs / 1000)} s of health`;
  if (kind !== "healthy") return { because: `it is ${kind}, and needs ${needed}` };
  const wellMs = Math.min(healthyForMs, of.leftAgoMs ?? healthyForMs);
  return {
    because: `healthy for ${Math.floor(wellMs / 1000)} s, and it needs ${needed}`,
    leftMs: Math.max(0, of.neededMs - wellMs),
  };
}

const until = (now: EpochMs, leftMs: number | undefined): { readonly until?: EpochMs } =>
  leftMs === undefined ? {} : { until: epochMs(now + leftMs) };
