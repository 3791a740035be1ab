import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

export type Postmaster = { readonly pid: number; readonly status: string };

/** What `postmaster.pid` says: line 1 is the server's process id, line 8 how far it is. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(pidFile(data), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 1 ? { pid, status: lines[7]?.trim() ?? "" } : undefined;
}

/** After a crash of the machine the file may name a process of somebody else, and Postgres would refuse to start. */
export const forgetPostmaster = (data: string): Promise<void> => rm(pidFile(data), { force: true });

const pidFile = (data: string): string => join(data, "postmaster.pid");
