import { sleep } from "@sluice/runtime";
import { makePrng } from "@sluice/testkit";
import { untilReady } from "../ground/until.ts";
import type { Usage } from "../rest/usage.ts";
import { type Choir, startChoir } from "./choir.ts";
import { type Installation, startInstallation } from "./installation.ts";
import { untilAllAt } from "./sweep.ts";

export type Lived = {
  readonly services: number;
  readonly rest: readonly Usage[];
  readonly changing: readonly Usage[];
  readonly loss: readonly Usage[];
  /** From the first report that says so until the last nameserver answers Site B for all. Unit: milliseconds. */
  readonly movedMs: number;
};

export type Living = { readonly services: number; readonly seconds: number; readonly share: number };

const patienceMs = 120_000;
/** After the start, until garbage of the start is gone. */
const settleMs = 5_000;

/** An installation under the eyes of agents that report real votes: at rest, while some votes change, and when a site is lost. */
export async function measureProcesses(living: Living, signal: AbortSignal): Promise<Lived> {
  const { services, seconds, share } = living;
  await using installation = await startInstallation(services, signal);
  await using choir = await startChoir(installation.config, installation.keys, makePrng(1));
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  await untilReady({ timeoutMs: patienceMs, signal }, async () => choir.whyNotHeard());
  await untilServed(installation, "site-a", patience);
  await sleep(settleMs, signal);
  const rest = await installation.usage(() => sleep(seconds * 1_000, signal));
  choir.waver(share);
  const changing = await installation.usage(() => sleep(seconds * 1_000, signal));
  choir.waver(0);
  await sleep(settleMs, signal);
  let movedMs = 0;
  const loss = await installation.usage(async () => {
    movedMs = await lose(installation, choir, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
  });
  return { services, rest, changing, loss, movedMs };
}

async function lose(installation: Installation, choir: Choir, signal: AbortSignal): Promise<number> {
  const lostAt = choir.see("site-a", "down");
  return (await untilServed(installation, "site-b", signal)) - lostAt;
}

async function untilServed({ config }: Installation, site: string, signal: AbortSignal): Promise<number> {
  const seen = await Promise.all(
    config.nameservers.map((nameserver) => untilAllAt(nameserver, { config, site, signal })),
  );
  return Math.max(...seen);
}
