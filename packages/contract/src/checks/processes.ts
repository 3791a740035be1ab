import type { Problem } from "@sluice/core";
import { sameSpelling } from "../address.ts";
import type { Parts, Piece } from "../parts.ts";
import { repeated } from "./repeated.ts";

/** No two of our processes may want one address and port. */
export function processes(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const http = [
    ...parts.leaves("arbiters", config.arbiters, "url"),
    ...parts.leaves("agents", config.agents, "url"),
    ...parts.leaves("nameservers", config.nameservers, "url"),
    ...parts.leaves("gateways", config.gateways, "url"),
  ].map(({ path, value }): Piece<string> => ({ path, value: doorOf(new URL(value)) }));
  const dns = parts
    .pieces("nameservers", config.nameservers, ["address", "port"])
    .map(({ path, value }): Piece<string> => ({ path: `${path}.port`, value: door(value.address, value.port) }));
  return repeated([...http, ...dns, ...clientDoors(parts)], "Two can't listen at one address and port.");
}

/** Where gateways listen for clients, and for one another. */
function clientDoors(parts: Parts): readonly Piece<string>[] {
  const { gateways } = parts.config;
  const at = (path: string, address: string, port: number): Piece<string> => ({ path, value: door(address, port) });
  return [
    ...parts
      .pieces("gateways", gateways, ["address", "port"])
      .map(({ path, value }) => at(`${path}.port`, value.address, value.port)),
    ...parts
      .pieces("gateways", gateways, ["address", "tls"])
      .flatMap(({ path, value }) => (value.tls ? [at(`${path}.tls.port`, value.address, value.tls.port)] : [])),
    ...parts
      .pieces("gateways", gateways, ["address", "hop"])
      .map(({ path, value }) => at(`${path}.hop.port`, value.address, value.hop.port)),
  ];
}

const doorOf = (url: URL): string => door(url.hostname.replace(/^\[|\]$/g, ""), Number(url.port));

function door(host: string, port: number): string {
  const spelt = sameSpelling(host);
  return spelt.includes(":") ? `[${spelt}]:${port}` : `${spelt}:${port}`;
}
