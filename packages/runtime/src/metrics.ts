import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Keyring } from "./keyring.ts";

/**
 * The default of 10 ms wakes every process a hundred times a second, which at rest was nearly a third of all that the lab did. A stall that
 * harms anybody here is one of 200 ms (an agent abstains then): none is so short that it falls between two of these. The lag that Node
 * measures includes the precision.
 */
const eventLoopMonitoringPrecision = 200;

/** A registry of its own per process, with Node's own metrics in it. */
export function makeRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision });
  return registry;
}

/** Which keyset a process goes by, so that an operator sees when everybody has the newest. */
export function noteKeyset(registry: Registry, keyring: Pick<Keyring, "keyset">): void {
  new Gauge({
    name: "sluice_keyset_version",
    help: "Version of the keyset that this process goes by. Anybody below the others can't tell what is revoked.",
    registers: [registry],
    collect() {
      this.set(keyring.keyset.version);
    },
  });
}
