import { errorOf, request } from "@sluice/runtime";
import { noLab } from "./lab-down.ts";
import { layoutOf } from "./layout.ts";
import { type LabRecord, readRunning } from "./record.ts";

/** Longer than a process may take to be ready: to heal is to start. */
const timeoutMs = 90_000;

/** Asks the supervisor for something: `sites/site-a/kill`, `sites/site-a/heal`. */
export async function askLab(record: LabRecord, what: string): Promise<unknown> {
  const url = `${record.control.url}/v1/${what}`;
  const answer = await request({ url, method: "POST", token: record.control.token, timeoutMs });
  if (answer.status !== 200) throw errorOf(answer);
  return answer.body;
}

/** The lab that runs in `root`, for commands that need one. */
export async function needLab(root: string): Promise<LabRecord> {
  const layout = layoutOf(root);
  const record = await readRunning(layout);
  if (record) return record;
  throw noLab(layout);
}
