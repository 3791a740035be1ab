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
const timeoutMs = 360_000;
const killAfterMs = 5_000;

/**
 * The rooms whose tests share a process: loading the sources costs more than most of their tests do, so it's done once. Apart
 * stay the lab's stories, each with a lab, and what is held to the closest times, which a process that has done much disturbs.
 */
const together =
  /^(packages\/[^/]+|services\/[^/]+|test\/(?:bench|chaos|law|peers|scenarios)|test\/conformance(?=\/(?!latency\.|weight-change\.))|test\/lab(?=\/(?!story\/)))\//;
/** Tests that mostly wait are so many jobs: side by side they wait together. */
const shares: Readonly<Record<string, number>> = { "test/conformance": 6, "test/scenarios": 3 };
/** The longest come first; begun last, one lane would wait for them alone. */
const slowest = [
  "test/lab/story/",
  "services/agent",
  "packages/store-postgres",
  "test/scenarios",
  "packages/core",
  "packages/cli",
  "services/",
  "test/",
];
/** These hold others to times, which they could not keep all at once: each is begun after one that isn't. */
const timed = /^test\/conformance/;
/** What starts whole labs starts first, and while it does so nothing is held to times. */
const startingMax = 5;

/** Every file in one job, in the order to begin them. Paths are relative to the repository. */
export function jobsOf(paths: readonly string[]): readonly Job[] {
  const rooms = Map.groupBy([...paths].sort(), (path) => together.exec(path)?.[1] ?? path);
  const jobs = [...rooms].flatMap(([room, files]) => dealt(room, files, shares[room] ?? 1));
  const turnOf = ({ name }: Job): number => [...slowest, ""].findIndex((part) => name.startsWith(part));
  const isTimed = ({ name }: Job): boolean => timed.test(name);
  const others = jobs.filter((job) => !isTimed(job)).sort((a, b) => turnOf(a) - turnOf(b));
  return [...others.slice(0, startingMax), ...alternately(others.slice(startingMax), jobs.filter(isTimed))];
}

/** One of each in turn, as long as there are both. */
function alternately(one: readonly Job[], other: readonly Job[]): readonly Job[] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => [one[at], other[at]]).flatMap((pair) =>
    pair.filter((job) => job !== undefined),
  );
}

/** As cards are dealt: who stands together in the order, and often takes alike, comes apart. */
function dealt(room: string, files: readonly string[], most: number): readonly Job[] {
  const count = Math.min(most, files.length);
  return Array.from({ length: count }, (_, share) => ({
    name: count === 1 ? room : `${room} (${share + 1} of ${count})`,
    files: files.filter((_file, index) => index % count === share),
  }));
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
