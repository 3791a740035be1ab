import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, sep } from "node:path";
import { type PeerName, peer, peerNames, peers } from "./peers/peer.ts";
import { type Ended, jobsOf, runJobs } from "./runner/jobs.ts";

// `pnpm test [PATH-PART …]`: every test file, or those whose path contains one of the parts.

const root = join(import.meta.dirname, "..");
const patterns = ["packages/**/*.test.ts", "services/**/*.test.ts", "test/**/*.test.ts"];
/** Tests wait on real sockets and processes, so more at a time than there are cores; yet too many would starve their deadlines. */
const lanes = Math.max(3, availableParallelism());

/** `failed` and `silent` are the jobs that failed, and the files that hold no test. */
type Sums = {
  readonly tests: number;
  readonly skipped: number;
  readonly failed: readonly string[];
  readonly silent: readonly string[];
};

const filters = process.argv.slice(2).filter((argument) => argument !== "--");
const peersRequired = process.env["SLUICE_PEERS"] === "required";

process.exitCode = await main();

async function main(): Promise<number> {
  const flag = filters.find((filter) => filter.startsWith("-"));
  if (flag !== undefined) return fail(`${flag} is not known here; arguments are parts of test file paths`, 2);

  const files = testFiles();
  if (files.length === 0) return fail(`no test file matches ${filters.join(" ") || patterns.join(" ")}`);

  const missing = peerNames.filter((name) => peer(name).path === undefined);
  if (missing.length > 0) announce(missing, files);
  if (missing.length > 0 && peersRequired) return fail("SLUICE_PEERS=required, and peers are missing");

  const { tests, skipped, failed, silent } = await runFiles(files);
  if (failed.length > 0) return fail(`failed: ${failed.join(", ")}`);
  if (tests === 0) return fail("no test ran");
  if (silent.length > 0) return fail(`files without a test: ${silent.join(", ")}`);
  if (peersRequired && skipped > 0) return fail(`SLUICE_PEERS=required, and ${skipped} tests were skipped`);
  return 0;
}

/** From the repository's root on. */
function testFiles(): string[] {
  const isForeign = (path: string): boolean => /(^|[/\\])(node_modules|dist)$/.test(path);
  const all = globSync(patterns, { cwd: root, exclude: isForeign }).map((path) => path.split(sep).join("/"));
  return filters.length === 0 ? all : all.filter((path) => filters.some((part) => path.includes(part)));
}

function announce(missing: readonly PeerName[], files: readonly string[]): void {
  const texts = files.map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
  const packages = [...new Set(missing.map((name) => peers[name].package))];
  console.error(`!!! missing peers: ${missing.join(", ")}. Suites that need them are skipped:`);
  for (const name of missing) {
    const suites = texts.filter(({ text }) => text.includes(`peer("${name}")`)).map(({ file }) => file);
    console.error(`!!!   ${name}: ${suites.join(", ") || "no suite in this run"}`);
  }
  console.error(`!!! cure: apt-get install ${packages.join(" ")}`);
}

async function runFiles(paths: readonly string[]): Promise<Sums> {
  // Started from inside a test, node's runner would see this, take itself for a nested one and run nothing.
  delete process.env["NODE_TEST_CONTEXT"];
  // The jobs load the same sources: stripped and compiled once.
  process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules/.cache/compile");
  // And run the same programs: bundled once, for this run alone, so that they are never older than their sources.
  const programs = mkdtempSync(join(tmpdir(), "sluice-test-"));
  chmodSync(programs, 0o755);
  process.env["SLUICE_PROGRAMS"] = programs;
  const ends: Ended[] = [];
  const begun = performance.now();
  const onEnd = (ended: Ended): void => {
    ends.push(ended);
    process.stdout.write(ended.output);
  };
  await runJobs(jobsOf(paths), { lanes, root, onEnd });
  rmSync(programs, { recursive: true });
  const sum = (of: "tests" | "failed" | "skipped"): number =>
    ends.reduce((all, { counts }) => all + (counts?.[of] ?? 0), 0);
  const [tests, fail, skipped] = [sum("tests"), sum("failed"), sum("skipped")];
  const seconds = Math.round((performance.now() - begun) / 1_000);
  for (const [what, count] of Object.entries({ tests, fail, skipped, seconds })) console.log(`ℹ ${what} ${count}`);
  const failed = ends.filter(({ counts }) => counts === undefined || counts.failed > 0).map(({ job }) => job.name);
  return { tests, skipped, failed, silent: ends.flatMap(({ counts }) => counts?.silent ?? []) };
}

function fail(message: string, code = 1): number {
  console.error(`!!! ${message}`);
  return code;
}
