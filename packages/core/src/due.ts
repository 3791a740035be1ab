import { hourMs } from "./brake.ts";
import { policySites, type ServiceConfig } from "./config.ts";
import { ago, type Draft, healthAt } from "./draft.ts";
import { forgetMs, holdMs, timesLeft } from "./hold.ts";
import type { SiteName } from "./model.ts";
import { readmitMs } from "./quarantine.ts";
import type { ServiceState } from "./world.ts";

/**
 * How long until time alone may change something about a service that automation has just looked at; undefined when only other
 * facts may. Every wait of automation is in here: what is forgotten, what comes back, what goes on. A wait that is over has had
 * its effect, or waits for something else. Too early a look does nothing; one that never comes would be a wait for ever.
 * Unit: milliseconds, by the cycle's time.
 */
export function dueInMs(draft: Draft, service: ServiceConfig): number | undefined {
  const state = draft.services[service.name];
  if (!state) return 0;
  const waits = [
    ...forgetting(draft, service, state),
    ...readmitting(draft, service, state),
    ...forgiving(draft, service, state),
    ...goingHome(draft, service, state),
  ].filter((leftMs) => leftMs > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

const forgetting = (draft: Draft, service: ServiceConfig, { moves, changedAt }: ServiceState): readonly number[] =>
  [...moves, ...(changedAt === undefined ? [] : [changedAt])].map((at) => hourMs - ago(draft, service, at));

function readmitting(draft: Draft, service: ServiceConfig, { quarantine }: ServiceState): readonly number[] {
  return quarantine.flatMap(({ site, since }) =>
    untilWell(draft, service, {
      site,
      neededMs: readmitMs(draft, service.name, site),
      atMostMs: ago(draft, service, since),
    }),
  );
}

function forgiving(draft: Draft, service: ServiceConfig, { flaps = [] }: ServiceState): readonly number[] {
  const { guards } = draft.config;
  return flaps.flatMap(({ site, times }) =>
    untilWell(draft, service, { site, neededMs: forgetMs(service, times, guards) }),
  );
}

function goingHome(draft: Draft, service: ServiceConfig, { ramp, flaps }: ServiceState): readonly number[] {
  const { guards } = draft.config;
  const step = ramp ? [guards.rampStepMs - ago(draft, service, ramp.since)] : [];
  const { failback } = service;
  if (failback.kind === "manual") return step;
  const homes = policySites(service.policy).flatMap((site) =>
    untilWell(draft, service, { site, neededMs: holdMs(failback.afterMs, timesLeft(flaps, site), guards) }),
  );
  return [...step, ...homes];
}

/** A site that isn't healthy must first become so, and that is a fact of its own. */
function untilWell(
  draft: Draft,
  service: ServiceConfig,
  of: { readonly site: SiteName; readonly neededMs: number; readonly atMostMs?: number },
): readonly number[] {
  const { kind, healthyForMs } = healthAt(draft, service, of.site);
  return kind === "healthy" ? [of.neededMs - Math.min(healthyForMs, of.atMostMs ?? healthyForMs)] : [];
}
