import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

export type ProcessEntry = {
  readonly parent: number;
  readonly command: string;
  /** Where it works. Undefined where that can't be asked. */
  readonly folder: string | undefined;
};

/** What the system knows about a process; undefined when it is gone, or has ended and waits for its parent. */
export async function processOf(pid: number): Promise<ProcessEntry | undefined> {
  try {
    return await (process.platform === "linux" ? fromProc(pid) : fromPs(pid));
  } catch {
    return undefined;
  }
}

/** Process ids are reused: it is the server only if it is a Postgres that works in this data directory, or names it. */
export function isServerOf({ command, folder }: ProcessEntry, data: string): boolean {
  if (!/(^|\/)postgres /.test(command)) return false;
  return folder === undefined ? command.includes(`-D ${data} `) : folder === data;
}

/** proc(5): stat is `pid (name) state parent …`, and the name may hold anything, so count from its last parenthesis. */
async function fromProc(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return undefined;
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return { parent: Number(parent), command, folder };
}

async function fromPs(pid: number): Promise<ProcessEntry> {
  const { stdout } = await promisify(execFile)("ps", ["-ww", "-o", "ppid=,command=", "-p", String(pid)]);
  const [, parent = "", command = ""] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
  return { parent: Number(parent), command: `${command} `, folder: undefined };
}
