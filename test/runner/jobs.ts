import { fork } from "node:child_process";
import { join } from "node:path";

/** Test files that share one process, one after the other. */
export type Job = { readonly name: string; readonly files: readonly string[] };

/** What a job found. `silent` are the files that hold no test. */
export type Counts = {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
  readonly silent: readonly string[];
};

/** `counts` is missing when the job died, or had to be ended, before it had counted. */
export type Ended = { readonly job: Job; readonly counts: Counts | undefined; readonly output: string };

/** One job may take this long before it counts as hung. Unit: milliseconds. */
const timeoutMs = 240_000;
const killAfterMs = 5_000;

/** The rooms whose tests need no processes of their own: loading the sources costs more than the tests do, so it's done once. */
const together = /^(packages\/(?:cli|contract|core|dns|ports|runtime|testkit)|services\/[^/]+|test\/law)\//;
/** The longest come first; begun last, one lane would wait for them alone. */
const slowest = ["test/lab/story/", "test/conformance/", "services/agent/", "test/scenarios/", "test/", "services/"];

/** Every file in one job, in the order to begin them. Paths are relative to the repository. */
export function jobsOf(paths: readonly string[]): readonly Job[] {
  const jobs = Map.groupBy([...paths].sort(), (path) => together.exec(path)?.[1] ?? path);
  const turnOf = ({ name }: Job): number => [...slowest, ""].findIndex((part) => `${name}/`.startsWith(part));
  return [...jobs].map(([name, files]) => ({ name, files })).sort((a, b) => turnOf(a) - turnOf(b));
}

/** Runs all, so many at a time, and tells of each when it has ended. */
export async function runJobs(
  jobs: readonly Job[],
  { lanes, root, onEnd }: { lanes: number; root: string; onEnd: (ended: Ended) => void },
): Promise<void> {
  const waiting = jobs.values();
  const lane = async (): Promise<void> => {
    for (const job of waiting) onEnd(await runJob(job, root));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runJob(job: Job, root: string): Promise<Ended> {
  const files = job.files.map((file) => join(root, file));
  const child = fork(join(import.meta.dirname, "run-files.ts"), files, { cwd: root, silent: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  let counts: Counts | undefined;
  child.on("message", (message) => {
    counts = message as Counts;
  });
  const hung = setTimeout(() => {
    output += `!!! ${job.name} took over ${timeoutMs / 1_000} s\n`;
    child.kill();
    setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
  }, timeoutMs);
  const failed = await new Promise<boolean>((resolve) => child.once("close", (code) => resolve(code !== 0)));
  clearTimeout(hung);
  // Counted and then killed by something it left behind: a failure too.
  const isWhole = counts !== undefined && failed === counts.failed > 0;
  return { job, counts: isWhole ? counts : undefined, output };
}
