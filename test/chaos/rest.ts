import { settledAt } from "@sluice/lab";
import { whyNotAtRest } from "../bench/ground/lab-client.ts";
import { until } from "../scenarios/world/until.ts";
import { home } from "./fault.ts";
import type { Scene } from "./scene.ts";

const patienceMs = 60_000;

/** An operator brings everything back, as often as it takes: what has just healed isn't taken for well at once. */
export async function comeHome(scene: Scene): Promise<void> {
  await untilRecovered(scene);
  let because: string | undefined = "";
  const look = async (): Promise<true | undefined> => {
    const status = await scene.status();
    if (status.services.some(({ isHome }) => !isHome))
      await scene.client.send("POST", "/v1/failback", { reason: "the next fault begins at home", by: "chaos" });
    because = whyNotAtRest(status);
    return (
      (because === undefined && scene.observer.polled().every((poll) => settledAt(poll, home) !== undefined)) ||
      undefined
    );
  };
  const tried = (): Promise<true | undefined> =>
    look().catch((error: Error) => {
      because = error.message;
      return undefined;
    });
  await until("everything at home and at rest", tried, patienceMs).catch(() => {
    throw new Error(`not at home and at rest before it: ${because}`);
  });
}

/** Every vantage is heard, every node serves what the leader says, every arbiter could lead, and no target is down. */
export async function untilRecovered(scene: Scene): Promise<void> {
  let because = "";
  await until(
    "everything has recovered",
    async () => {
      because = (await whyNotRecovered(scene).catch((error: Error) => error.message)) ?? "";
      return because === "" || undefined;
    },
    patienceMs,
  ).catch(() => {
    throw new Error(`not recovered after ${patienceMs / 1_000} s: ${because}`);
  });
}

async function whyNotRecovered({ client }: Scene): Promise<string | undefined> {
  const { statuses, silent } = await client.survey();
  const leader = statuses.find(({ isLeading }) => isLeading);
  if (silent[0]) return `${silent[0].url} is silent`;
  if (!leader) return "nobody leads";
  const unready = statuses.find(({ whyNotReady }) => whyNotReady !== null);
  if (unready) return `${unready.arbiter}: ${unready.whyNotReady}`;
  const unheard = leader.vantages.find(({ isFresh }) => !isFresh);
  if (unheard) return `${unheard.agent}: ${unheard.because}`;
  const late = [...leader.nameservers, ...leader.gateways].find(({ isCurrent }) => !isCurrent);
  if (late) return `${"nameserver" in late ? late.nameserver : late.gateway} serves ${late.fence}, not ${leader.fence}`;
  const ill = leader.services.flatMap(({ pools }) => pools).find(({ verdict }) => verdict !== "healthy");
  return ill && `${ill.target} is ${ill.verdict}`;
}
