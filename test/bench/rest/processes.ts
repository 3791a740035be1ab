import { readdir, readFile } from "node:fs/promises";

/** One process as /proc tells it (proc(5)). */
export type Process = {
  readonly pid: number;
  readonly parent: number;
  /** Processor time it has used, and that of its children which have ended and were waited for. */
  readonly cpuMs: number;
  readonly residentBytes: number;
};

/** USER_HZ, in which /proc counts: 100 on every Linux that Node runs on. */
const msPerTick = 10;

/** A process and everything below it. */
export async function processTree(root: number): Promise<readonly Process[]> {
  const all = await everyProcess();
  const tree = all.filter((each) => each.pid === root);
  // It grows while it is walked: the children of those that were added are found in their turn.
  for (const { pid } of tree) tree.push(...all.filter((each) => each.parent === pid));
  return tree;
}

/** Those that end while we look are left out. */
export async function everyProcess(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(readProcess))).filter((each) => each !== undefined);
}

async function readProcess(pid: number): Promise<Process | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/status`, "utf8"),
    ]);
    return parseProcess(pid, stat, status);
  } catch {
    return undefined;
  }
}

/** The second field is the command in parentheses and may hold anything, so fields count from the last parenthesis. */
export function parseProcess(pid: number, stat: string, status: string): Process {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  const ticks = [14, 15, 16, 17].reduce((sum, number) => sum + field(number), 0);
  const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { pid, parent: field(4), cpuMs: ticks * msPerTick, residentBytes: residentKb * 1024 };
}
