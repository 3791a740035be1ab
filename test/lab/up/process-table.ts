import { readFileSync } from "node:fs";

/**
 * Whether a process id still is the process we wrote down. Ids are reused, so its start time must match too: on Linux from
 * /proc/PID/stat, field 22, in ticks since boot (proc(5)); elsewhere only the id can be checked.
 */
export type ProcessId = { readonly pid: number; readonly startedTicks: string };

/** Without waiting, so that a process can be written down in the turn that started it. */
export const identify = (pid: number): ProcessId => ({ pid, startedTicks: startTicks(pid) });

export function isAlive(id: ProcessId): boolean {
  try {
    process.kill(id.pid, 0);
  } catch {
    return false;
  }
  const ticks = startTicks(id.pid);
  return ticks !== "gone" && (id.startedTicks === "" || ticks === id.startedTicks);
}

/** Sends a signal, and says whether there was anybody to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function startTicks(pid: number): string {
  if (process.platform !== "linux") return "";
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may hold anything, so count from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "gone" : (fields[19] ?? "");
  } catch {
    return "gone";
  }
}
