import { collectDefaultMetrics, Registry } from "prom-client";

/** A registry of its own per process, with Node's own metrics in it. */
export function makeRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
