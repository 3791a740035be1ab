import { SluiceError } from "@sluice/core";
import type { Home } from "./home.ts";
import { forgetPostmaster, readPostmaster } from "./postmaster.ts";
import { isServerOf, processOf } from "./process-table.ts";
import { shutDown } from "./shut-down.ts";

/**
 * Stops the server that an earlier run left behind when it was killed, after making sure that it is that server. One whose
 * parent lives is in use and stays.
 */
export async function stopLeftover(home: Home, log: (message: string) => void): Promise<void> {
  const left = await readPostmaster(home.data);
  if (!left) return;
  const process = await processOf(left.pid);
  if (!process) return;
  if (!isServerOf(process, home.data)) return forgetPostmaster(home.data);
  if (process.command.includes(`cluster_name=sluice-${process.parent} `)) {
    throw new SluiceError(
      "STORE_UNAVAILABLE",
      `the Postgres in ${home.directory} is in use by process ${process.parent}`,
      {
        hint: `End process ${process.parent} first, or name another directory.`,
      },
    );
  }
  log(`stopping the Postgres that an earlier run left behind (process ${left.pid})`);
  await shutDown(left.pid, async () => {
    const now = await processOf(left.pid);
    return now !== undefined && isServerOf(now, home.data);
  });
}
