import { SluiceError } from "@sluice/core";
import { request, sleep } from "@sluice/runtime";
import { layoutOf } from "./layout.ts";
import { isAlive } from "./process-table.ts";
import { type LabRecord, readRecord, readRunning, sweep } from "./record.ts";

const downTimeoutMs = 15_000;
const lookEveryMs = 50;

/** Ends the lab in `root` from another shell, and waits until its last process is gone. */
export async function labDown(root: string, signal: AbortSignal): Promise<void> {
  const layout = layoutOf(root);
  const record = await readRecord(layout);
  if (!record)
    throw new SluiceError("LAB_DOWN", `no lab is running in ${layout.root}`, { hint: "Start one with `pnpm start`." });
  if (!(await isAlive(record.supervisor))) {
    await sweep(layout);
    return;
  }
  await askLab(record, "stop");
  const until = performance.now() + downTimeoutMs;
  while (await isAlive(record.supervisor)) {
    if (performance.now() > until) {
      const hint = `Kill process ${record.supervisor.pid} and start again: the next start cleans up.`;
      throw new SluiceError("TIMEOUT", "the lab did not end in time", { hint });
    }
    await sleep(lookEveryMs, signal);
  }
}

/** Asks the supervisor for something: `stop`, `sites/site-a/kill`, `sites/site-a/heal`. */
export async function askLab(record: LabRecord, what: string): Promise<unknown> {
  const url = `${record.control.url}/v1/${what}`;
  const answer = await request({ url, method: "POST", token: record.control.token, timeoutMs: 30_000 });
  if (answer.status !== 200)
    throw new SluiceError("NOT_FOUND", `the lab refused ${what}`, { hint: JSON.stringify(answer.body) });
  return answer.body;
}

/** The lab that runs in `root`, for commands that need one. */
export async function needLab(root: string): Promise<LabRecord> {
  const record = await readRunning(layoutOf(root));
  if (record) return record;
  throw new SluiceError("LAB_DOWN", `no lab is running in ${layoutOf(root).root}`, {
    hint: "Start one with `pnpm start`.",
  });
}
