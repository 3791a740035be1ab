import {
  buildSnapshot,
  type Cause,
  type Config,
  epochMs,
  newSlots,
  type Override,
  onSite,
  reweigh,
  type ServiceState,
  type Snapshot,
  sitesOf,
} from "@sluice/core";
import type { Weights } from "../plane.ts";

/**
 * What a leading arbiter knows of the one service, and how an operator's words change it. Snapshots are built by the core,
 * as a real arbiter builds them; only the quorum, the guards and the store are missing here.
 */
export interface Standing {
  readonly config: Config;
  readonly state: ServiceState;
  readonly overrides: readonly Override[];
  readonly sequence: number;
  /** Why the last change was made: gateways take a route's settings from a configuration only, and its split from an operator. */
  readonly cause: Cause;
}

const byOperator: Cause = { kind: "operator", command: "a conformance test", by: "test" };

export function newStanding(config: Config): Standing {
  const [service] = config.services;
  const [home = ""] = config.sites.filter(({ role }) => role === "serving").map(({ name }) => name);
  const placement = onSite(home);
  const slots = newSlots(service?.channels ?? []);
  return {
    config,
    state: { base: placement, served: placement, quarantine: [], moves: [], slots },
    overrides: [],
    sequence: 1,
    cause: byOperator,
  };
}

export function reweighed(standing: Standing, weights: Weights): Standing {
  const list = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  const { state } = standing;
  return next(standing, { state: { ...state, weights: list, slots: reweigh(state.slots ?? newSlots(list), list) } });
}

export const pinned = (standing: Standing, channel: string | undefined): Standing =>
  next(standing, {
    overrides: [
      ...standing.overrides.filter(({ kind }) => kind !== "pin"),
      ...(channel === undefined ? [] : [override("pin", { channel })]),
    ],
  });

/** A drained site loses its share to the first that is left, and gets it back. */
export function drained(standing: Standing, site: string, isDrained: boolean): Standing {
  const others = standing.overrides.filter((one) => one.kind !== "drain" || one.site !== site);
  const overrides = isDrained ? [...others, override("drain", { site })] : others;
  const gone = new Set(overrides.filter(({ kind }) => kind === "drain").map((one) => one.site));
  const homes = [...sitesOf(standing.state.base), ...standing.config.gateways.map((gateway) => gateway.site)];
  const [home = ""] = homes.filter((one) => !gone.has(one));
  return next(standing, { overrides, state: { ...standing.state, served: onSite(home) } });
}

export const reconfigured = (standing: Standing, service: Partial<Config["services"][number]>): Standing =>
  next(standing, {
    cause: { kind: "config", revision: standing.sequence + 1 },
    config: { ...standing.config, services: standing.config.services.map((one) => ({ ...one, ...service })) },
  });

export function snapshotOf(standing: Standing, more: Partial<Snapshot> = {}): Snapshot {
  const { config, state, overrides, sequence, cause } = standing;
  const [service] = config.services;
  return {
    ...buildSnapshot(
      config,
      { services: { [service?.name ?? ""]: state }, overrides },
      {
        fence: { installation: config.installation, epoch: 1, sequence },
        causes: [cause],
        configRevision: 0,
        issuedAt: epochMs(Date.now()),
      },
    ),
    ...more,
  };
}

const next = (standing: Standing, change: Partial<Standing>): Standing => ({
  ...standing,
  cause: byOperator,
  ...change,
  sequence: standing.sequence + 1,
});

const override = (kind: Override["kind"], what: Pick<Override, "site" | "channel">): Override => ({
  id: `${kind}-${what.site ?? what.channel}`,
  kind,
  ...what,
  setAt: epochMs(0),
  until: epochMs(Number.MAX_SAFE_INTEGER),
  by: "test",
  reason: "a conformance test",
});
