import type { SiteName } from "./model.ts";

/**
 * Why a new electorate may not follow the present one, or undefined. One domain a revision: then any majority of the old one
 * and any majority of the new one share a voter, so two arbiters with neighbouring revisions can't reach opposite verdicts.
 */
export function whyNotElectorate(before: readonly SiteName[], after: readonly SiteName[]): string | undefined {
  const joined = after.filter((site) => !before.includes(site));
  const left = before.filter((site) => !after.includes(site));
  if (joined.length + left.length <= 1) return undefined;
  const changes = [...joined.map((site) => `+${site}`), ...left.map((site) => `-${site}`)];
  return `the electorate changes by ${changes.join(" ")}; one domain a revision is the most`;
}
