import type { ArbiterClient } from "@sluice/cli";
import { askLab, needLab } from "@sluice/lab";
import { statusOf } from "../ground/lab-client.ts";
import { type Patience, untilReady } from "../ground/until.ts";

/**
 * Makes the leader stop in order and start again. It gives the lease up as it goes, and the preferred arbiter, which looks at
 * the lease soonest, takes it.
 */
export async function handOver(root: string, client: ArbiterClient, patience: Patience): Promise<void> {
  const { leader } = await statusOf(client);
  const record = await needLab(root);
  const part = record.parts.find(({ name }) => name === leader);
  if (!part) throw new Error(`the lab knows no process called ${leader}`);
  process.kill(part.pid, "SIGTERM");
  await untilReady(patience, async () => {
    const now = (await statusOf(client)).leader;
    return now === null || now === leader ? `${leader} still leads` : undefined;
  });
  await askLab(record, `sites/${part.site}/heal`);
}
