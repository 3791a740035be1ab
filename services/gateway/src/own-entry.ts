import { type Config, type GatewayConfig, SluiceError } from "@sluice/core";
import type { ConfigInForce } from "@sluice/runtime";

/** A gateway that a newer revision no longer names goes on as the file says: it is taken out of service by stopping it. */
export function ownEntry(name: string, config: Config, inForce: ConfigInForce): GatewayConfig {
  const named = (entry: GatewayConfig): boolean => entry.name === name;
  const own = inForce.config.gateways.find(named) ?? config.gateways.find(named);
  if (own) return own;
  const known = inForce.config.gateways.map((entry) => entry.name).join(", ");
  throw new SluiceError("CONFIG_INVALID", `no gateway is called ${name}`, {
    hint: known === "" ? "The configuration names none: add it to `gateways`." : `The configuration names ${known}.`,
  });
}
