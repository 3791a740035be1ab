import { collectDefaultMetrics, Registry } from "prom-client";

/**
 * The default of 10 ms wakes every process a hundred times a second, which at rest was nearly a third of all that the lab did. A stall that
 * harms anybody here is one of 200 ms (an agent abstains then), and this still sees it. The lag that Node measures includes it.
 */
const eventLoopMonitoringPrecision = 100;

/** A registry of its own per process, with Node's own metrics in it. */
export function makeRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision });
  return registry;
}
