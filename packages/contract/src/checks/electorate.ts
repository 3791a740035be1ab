import type { Problem } from "@sluice/core";
import type { Parts } from "../parts.ts";
import { repeated } from "./repeated.ts";

/** Whoever is in the electorate counts in every majority, so it must be able to vote. The schema bounds it to 1..9. */
export function electorate(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const domains = parts.entries("electorate", config.electorate);
  const twice = repeated(domains, "Each failure domain has one vote.");
  const voting = agentSites(parts);
  if (!voting) return twice;
  const mute = domains.filter(({ value }) => parts.roles?.has(value) === true && !voting.includes(value));
  const hint = "Add an agent there, or leave the site out: it would count in every majority and never vote.";
  return [...twice, ...mute.map(({ path, value }) => ({ path, message: `no agent stands in ${value}`, hint }))];
}

/** With fewer than three, no two outsiders can agree that a site is down. */
export function electorateWarnings(parts: Parts): readonly Problem[] {
  const { config } = parts;
  const voting = agentSites(parts);
  if (!voting || !parts.isSound("electorate")) return [];
  const domains = config.electorate.length;
  const vantages = voting.filter((site) => config.electorate.includes(site)).length;
  const hint = "Add a witness with an agent as the third failure domain.";
  const few = `${vantages} ${vantages === 1 ? "vantage" : "vantages"} in the electorate; fewer than three can't tell an outage from a partition`;
  const lost = `with ${domains} failure ${domains === 1 ? "domain" : "domains"} the loss of a whole site never moves traffic by itself`;
  return [
    ...(vantages < 3 ? [{ path: "agents", message: few, hint }] : []),
    ...(domains < 3 ? [{ path: "electorate", message: lost, hint }] : []),
  ];
}

/** Where agents stand, or undefined while some agent's site can't be read. */
function agentSites(parts: Parts): readonly string[] | undefined {
  const { agents } = parts.config;
  const sites = parts.leaves("agents", agents, "site").map(({ value }) => value);
  return Array.isArray(agents) && agents.length > 0 && sites.length === agents.length ? sites : undefined;
}
