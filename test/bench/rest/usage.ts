import type { Process } from "./processes.ts";

/** What a process of the lab is: a role of the lab's own, or the supervisor, or Postgres with all its processes. */
export type RoleOf = (pid: number) => string;

export type Usage = {
  readonly role: string;
  /** As a share of one core. */
  readonly cpu: number;
  /** Unit: milliseconds. */
  readonly cpuMs: number;
  readonly processes: number;
  /** The biggest process of the role, and all of them together; shared pages count in each. Unit: bytes. */
  readonly residentMax: number;
  readonly residentSum: number;
};

/**
 * What each role used between two looks. A process that ended in between has left its time to the one that waited for it, so
 * sums are right where a single process's difference may not be.
 */
export function usageByRole(
  looks: { readonly before: readonly Process[]; readonly after: readonly Process[]; readonly ms: number },
  roleOf: RoleOf,
): readonly Usage[] {
  const cpuMs = new Map<string, number>();
  const add = (pid: number, ms: number): void => {
    const role = roleOf(pid);
    cpuMs.set(role, (cpuMs.get(role) ?? 0) + ms);
  };
  for (const process of looks.before) add(process.pid, -process.cpuMs);
  for (const process of looks.after) add(process.pid, process.cpuMs);
  const byRole = Map.groupBy(looks.after, ({ pid }) => roleOf(pid));
  return [...byRole].map(([role, processes]) => {
    const resident = processes.map((process) => process.residentBytes);
    return {
      role,
      cpu: (cpuMs.get(role) ?? 0) / looks.ms,
      cpuMs: cpuMs.get(role) ?? 0,
      processes: processes.length,
      residentMax: Math.max(...resident),
      residentSum: resident.reduce((sum, bytes) => sum + bytes, 0),
    };
  });
}
