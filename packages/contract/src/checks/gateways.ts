import type { Problem } from "@sluice/core";
import type { Parts } from "../parts.ts";
import { whyNotSite } from "./places.ts";

/** A gateway takes requests for a site that serves. */
export const gateways = (parts: Parts): readonly Problem[] =>
  parts.leaves("gateways", parts.config.gateways, "site").flatMap((site) => whyNotSite(parts, site, "serving"));

/** Where one site has a gateway and another has none, what is sent there is neither split by weight nor forwarded. */
export function gatewayWarnings(parts: Parts): readonly Problem[] {
  const { gateways: list } = parts.config;
  const sites = parts.leaves("gateways", list, "site").map(({ value }) => value);
  if (!parts.roles || sites.length === 0 || sites.length < list.length) return [];
  const bare = [...parts.roles].filter(([site, role]) => role === "serving" && !sites.includes(site));
  const hint = "Add a gateway there.";
  return bare.map(([site]) => ({
    path: "gateways",
    message: `${site} has none: what DNS sends there is not split by weight, and not passed on when its pools fail`,
    hint,
  }));
}
