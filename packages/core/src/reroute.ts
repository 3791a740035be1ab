import { addCause, type Draft } from "./draft.ts";
import { overrideTurn } from "./override-turn.ts";
import { buildRoute } from "./route/build-route.ts";
import { coversSplit, same, splitOf } from "./route/route-change.ts";
import type { Durable } from "./world.ts";

/**
 * Gives a cause to every change of a route that has none so far: an override came or went that moved no answer, a drain of a
 * standby or a pin to a channel. Without one, nodes could not tell it from a wild edit.
 */
export function reroute(draft: Draft, before: Durable, isNewLeader: boolean): void {
  const { config, overrides } = draft;
  if (config.gateways.length === 0 || !before.snapshot) return;
  const routes = new Map(before.snapshot.services.map(({ service, route }) => [service, route]));
  const decided = new Set(draft.decisions.map(({ service }) => service));
  // Those of one service each are looked up, for there may be as many as services.
  const speaking = draft.causes.filter((cause) => !("service" in cause) || cause.service === undefined);
  const spokenOf = new Set(draft.causes.flatMap((cause) => ("service" in cause ? (cause.service ?? []) : [])));
  for (const service of config.services) {
    const state = draft.services[service.name];
    const isTouched = isNewLeader || overrides !== before.overrides || state !== before.services[service.name];
    const was = routes.get(service.name);
    const route = state && isTouched ? buildRoute(config, service, { state, overrides }) : undefined;
    if (!route || speaking.some((cause) => coversSplit(cause, service.name)) || spokenOf.has(service.name)) continue;
    const isDecided = decided.has(service.name);
    const isSplitNew = !was || !same(splitOf(was), splitOf(route));
    if (isSplitNew || (!isDecided && !same(was?.sites, route.sites)))
      addCause(draft, overrideTurn(draft, service).cause);
  }
}
