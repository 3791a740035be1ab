import type { Problem, SiteName } from "@sluice/core";
import { nearest } from "../nearest.ts";
import type { Parts, Piece } from "../parts.ts";

/** Every site that is named must exist, and the database should outlive any serving site. */
export function places(parts: Parts): readonly Problem[] {
  const { config, roles } = parts;
  if (!roles) return [];
  const named: readonly Piece<SiteName>[] = [
    ...parts.entries("electorate", config.electorate),
    ...parts.leaves("arbiters", config.arbiters, "site"),
    ...parts.leaves("agents", config.agents, "site"),
    ...parts.leaves("nameservers", config.nameservers, "site"),
    ...(parts.isSound("store.site") ? [{ path: "store.site", value: config.store.site }] : []),
  ];
  return [...named.flatMap((piece) => whyNotSite(parts, piece)), ...store(parts)];
}

/** What is wrong with a site's name that stands somewhere; with a role, also where the site has another one. */
export function whyNotSite(parts: Parts, { path, value }: Piece<SiteName>, role?: "serving"): readonly Problem[] {
  const { roles } = parts;
  if (!roles) return [];
  if (!roles.has(value)) {
    const known = [...roles.keys()];
    const meant = nearest(value, known);
    const hint = meant === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${meant}?`;
    return [{ path, message: `there is no site ${value}`, hint }];
  }
  if (role === undefined || roles.get(value) === role) return [];
  return [{ path, message: `${value} is a witness, and serves nothing`, hint: "Name a serving site." }];
}

function store(parts: Parts): readonly Problem[] {
  const { config, roles } = parts;
  if (!parts.isSound("store.site", "store.acceptStoreRisk") || roles?.get(config.store.site) !== "serving") return [];
  if (config.store.acceptStoreRisk !== undefined) return [];
  const message = `the store stands in ${config.store.site}, a serving site: losing both at once stops all moves`;
  return [{ path: "store.site", message, hint: "Move it to a witness, or give a reason in store.acceptStoreRisk." }];
}

/** The risk was taken knowingly, and is said again at each check. */
export function storeWarnings(parts: Parts): readonly Problem[] {
  const { config, roles } = parts;
  if (!parts.isSound("store.site", "store.acceptStoreRisk")) return [];
  if (config.store.acceptStoreRisk === undefined) return [];
  const isRisky = roles?.get(config.store.site) === "serving";
  const message = isRisky
    ? `accepted: if ${config.store.site} is lost with the store, the other arbiters go on only by promises of a majority; lost with the one that leads, nothing moves until the store is back`
    : "there is no risk to accept: the store stands in no serving site";
  const hint = isRisky ? "Move the store to a witness when you can." : "Leave acceptStoreRisk out.";
  return [{ path: "store.acceptStoreRisk", message, hint }];
}
