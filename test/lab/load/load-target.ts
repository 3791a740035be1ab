import { type Config, type ServiceConfig, SluiceError } from "@sluice/core";
import type { LoadOptions } from "./start-load.ts";

export type LoadTarget = Pick<LoadOptions, "host" | "model" | "to">;

/** Where the load of a service goes: wherever its name leads, or, with `at`, to the gateway of that name or in that site. */
export function loadTarget(config: Config, name: string, at?: string): LoadTarget {
  const service = config.services.find((entry) => entry.name === name);
  if (!service)
    throw unknown(
      "service",
      name,
      config.services.map((entry) => entry.name),
    );
  if (config.gateways.length === 0) {
    throw new SluiceError("NOT_FOUND", "the lab has no gateway to send requests to", {
      hint: "Name some in `gateways` of its configuration, and begin a new lab: --dir <directory>.",
    });
  }
  const about = { host: service.host, model: modelOf(service) };
  if (at === undefined) {
    const portOf = (address: string): number =>
      (config.gateways.find((gateway) => gateway.address === address) ?? config.gateways[0])?.port ?? 0;
    return { ...about, to: { kind: "name", nameservers: config.nameservers, portOf } };
  }
  const gateway = config.gateways.find((entry) => entry.name === at || entry.site === at);
  if (!gateway)
    throw unknown(
      "gateway, and no site with one,",
      at,
      config.gateways.map((entry) => entry.name),
    );
  return { ...about, to: { kind: "gateway", at: gateway } };
}

/** The model that the service's probes ask for, or the one that the lab's servers have by themselves. */
function modelOf({ pools }: ServiceConfig): string {
  const probe = pools.map((pool) => pool.probe).find((each) => each.kind === "model");
  return probe?.kind === "model" ? probe.model : "llama-3-8b";
}

const unknown = (what: string, name: string, known: readonly string[]): SluiceError =>
  new SluiceError("NOT_FOUND", `no ${what} is called ${name}`, { hint: `Known: ${known.join(", ")}.` });
