import { readFile } from "node:fs/promises";

/** What a process holds in memory, as Linux counts it (VmRSS). Unit: bytes. */
export async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status says nothing of VmRSS`);
  return Number(kibibytes) * 1024;
}
