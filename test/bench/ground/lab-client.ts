import { type ArbiterClient, makeArbiterClient, type Status } from "@sluice/cli";
import { readConfigFile } from "@sluice/contract";
import { layoutOf } from "@sluice/lab";
import { readToken } from "@sluice/runtime";

/** The operators' door of the lab in `root`. */
export async function labClient(root: string): Promise<ArbiterClient> {
  const layout = layoutOf(root);
  const { arbiters } = await readConfigFile(layout.config);
  const token = await readToken(`${layout.keys}/operator.token`);
  return makeArbiterClient(
    arbiters.map(({ url }) => url),
    token,
  );
}

export const statusOf = async (client: ArbiterClient): Promise<Status> => (await client.get("/v1/status")) as Status;

/** Why a lab isn't at rest with everything at home, or undefined when it is. */
export function whyNotAtRest(status: Status): string | undefined {
  const because = whyNotAttended(status);
  if (because !== undefined) return because;
  for (const { service, situation, isHome, held, standby } of status.services) {
    if (!isHome) return `${service} is away from home`;
    if (situation !== "serving") return `${service}: ${situation}`;
    if (held !== null) return `${service} is held by ${held}`;
    const unready = standby.find((each) => !each.isReady);
    if (unready) return `${service}: ${unready.site} is ${unready.isQuarantined ? "quarantined" : unready.health}`;
  }
  return undefined;
}

/** Why a lost site can't take back what it lost, or undefined when it can: it must be healthy by quorum for every service. */
export function whyNotBack(status: Status, site: string): string | undefined {
  const because = whyNotAttended(status);
  if (because !== undefined) return because;
  for (const { service, standby } of status.services) {
    const lost = standby.find((each) => each.site === site);
    if (lost && lost.health !== "healthy") return `${service}: ${site} is ${lost.health}`;
  }
  return undefined;
}

function whyNotAttended(status: Status): string | undefined {
  if (status.leader === null) return "nobody leads";
  const stale = status.vantages.find((vantage) => !vantage.isFresh);
  if (stale) return `${stale.agent} is not fresh: ${stale.because}`;
  const lagging = status.nameservers.find((nameserver) => !nameserver.isCurrent);
  return lagging && `${lagging.nameserver} is not current`;
}
