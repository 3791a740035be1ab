import { everyProcess } from "../bench/rest/processes.ts";

/** Signals a process and all below it, the parents first. Those that are born meanwhile are found by looking again. */
export async function signalTree(root: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
  const signalled = new Set<number>();
  // PostgreSQL's processes are in sessions of their own, so no process group holds them. The whole tree is known before its root dies.
  for (let found = [root]; found.length > 0; found = await below(signalled)) {
    const all = signalled.size === 0 ? [root, ...(await below(new Set([root])))] : found;
    for (const pid of all) {
      signalled.add(pid);
      send(pid, signal);
    }
  }
}

/** All descendants of `roots` that are not among them. */
async function below(roots: ReadonlySet<number>): Promise<number[]> {
  const all = await everyProcess();
  const found = new Set<number>();
  for (const known = [...roots]; known.length > 0; ) {
    const parent = known.pop();
    for (const { pid } of all.filter(
      (each) => each.parent === parent && !roots.has(each.pid) && !found.has(each.pid),
    )) {
      found.add(pid);
      known.push(pid);
    }
  }
  return [...found];
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
