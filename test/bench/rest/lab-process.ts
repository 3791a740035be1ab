import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type LabRecord, layoutOf } from "@sluice/lab";
import { readRecord } from "../../lab/up/record.ts";
import { labClient, statusOf, whyNotAtRest } from "../ground/lab-client.ts";
import { type Patience, untilReady } from "../ground/until.ts";

/** A lab started as people start it, with its supervisor in a process of its own. */
export interface LabProcess {
  readonly pid: number;
  readonly record: LabRecord;
  [Symbol.asyncDispose](): Promise<void>;
}

const main = join(import.meta.dirname, "../../../packages/cli/src/main.ts");
const endMs = 15_000;

/** `sluice lab up`, waited for until everything is at home and every standby is ready. */
export async function startLab(root: string, configFile: string, patience: Patience): Promise<LabProcess> {
  const env = { ...process.env };
  delete env["DATABASE_URL"];
  const args = [main, "--dir", root, "lab", "up", "--config", configFile];
  // A group of its own: Ctrl-C in the terminal reaches the bench only, which ends the lab in order.
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"], detached: true, env });
  try {
    await untilReady(patience, async () => {
      if (child.exitCode !== null) throw new Error(`sluice lab up ended with ${child.exitCode}`);
      return whyNotAtRest(await statusOf(await labClient(root)));
    });
    const record = await readRecord(layoutOf(root));
    if (child.pid === undefined || !record) throw new Error(`no lab has written itself down in ${root}`);
    return { pid: child.pid, record, [Symbol.asyncDispose]: () => endLab(child) };
  } catch (error) {
    await endLab(child);
    throw error;
  }
}

/** SIGTERM lets it end its processes; if it can't, the lab's next start would find them, but this one has no next start. */
async function endLab(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), endMs);
  await exited;
  clearTimeout(late);
}
