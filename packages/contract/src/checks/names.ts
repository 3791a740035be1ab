import type { Problem } from "@sluice/core";
import type { Parts } from "../parts.ts";
import { repeated } from "./repeated.ts";

/** Names of ours that must be there once. */
export function names(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const processes = [
    ...parts.leaves("arbiters", config.arbiters, "name"),
    ...parts.leaves("agents", config.agents, "name"),
    ...parts.leaves("nameservers", config.nameservers, "name"),
    ...parts.leaves("gateways", config.gateways, "name"),
  ];
  const channels = parts
    .within("services", config.services, "channels")
    .flatMap(({ path, value }) => repeated(parts.leaves(path, value, "name"), "Give each channel its own name."));
  return [
    ...repeated(parts.leaves("sites", config.sites, "name"), "Give each site its own name."),
    ...repeated(processes, "A process's key and state bear its name: give each its own."),
    ...repeated(parts.leaves("services", config.services, "name"), "Give each service its own name."),
    ...channels,
  ];
}
