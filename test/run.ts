import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { type PeerName, peer, peerNames, peers } from "./peers/peer.ts";

// `pnpm test [PATH-PART …]`: every test file, or those whose path contains one of the parts.

const root = join(import.meta.dirname, "..");
const patterns = ["packages/**/*.test.ts", "services/**/*.test.ts", "test/**/*.test.ts"];
/** The longest come first, and wait most of the time; begun last, one lane would wait for them alone. The others fill the gaps. */
const slowest = ["test/lab/story/", "test/conformance/", "test/scenarios/", "test/", "services/"];
/** One file may take this long before it counts as hung. Unit: milliseconds. */
const fileTimeoutMs = 240_000;

type Counts = { readonly tests: number; readonly skipped: number; readonly success: boolean };
/** `empty` are the files that hold no test; node counts each as one that passed. */
type Outcome = { readonly counts: Counts | undefined; readonly empty: readonly string[] };

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

  const { counts, empty } = await runFiles(files);
  if (counts === undefined) return fail("the test runner ended without a summary");
  if (!counts.success) return 1;
  if (counts.tests === 0) return fail("no test ran");
  if (empty.length > 0) return fail(`files without a test: ${empty.join(", ")}`);
  if (peersRequired && counts.skipped > 0)
    return fail(`SLUICE_PEERS=required, and ${counts.skipped} tests were skipped`);
  return 0;
}

function testFiles(): string[] {
  const isForeign = (path: string): boolean => /(^|[/\\])(node_modules|dist)$/.test(path);
  const all = globSync(patterns, { cwd: root, exclude: isForeign }).map((path) => path.split(sep).join("/"));
  const wanted = filters.length === 0 ? all : all.filter((path) => filters.some((part) => path.includes(part)));
  const turnOf = (path: string): number => [...slowest, ""].findIndex((part) => path.startsWith(part));
  return wanted
    .sort()
    .sort((a, b) => turnOf(a) - turnOf(b))
    .map((path) => join(root, path));
}

function announce(missing: readonly PeerName[], files: readonly string[]): void {
  const texts = files.map((file) => ({ file: file.slice(root.length + 1), text: readFileSync(file, "utf8") }));
  const packages = [...new Set(missing.map((name) => peers[name].package))];
  console.error(`!!! missing peers: ${missing.join(", ")}. Suites that need them are skipped:`);
  for (const name of missing) {
    const suites = texts.filter(({ text }) => text.includes(`peer("${name}")`)).map(({ file }) => file);
    console.error(`!!!   ${name}: ${suites.join(", ") || "no suite in this run"}`);
  }
  console.error(`!!! cure: apt-get install ${packages.join(" ")}`);
}

async function runFiles(files: readonly string[]): Promise<Outcome> {
  // Started from inside a test, node's runner would see this, take itself for a nested one and run nothing.
  delete process.env["NODE_TEST_CONTEXT"];
  // Each file is a process of its own, and most of them load the same sources: stripped and compiled once.
  process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules/.cache/compile");
  let counts: Counts | undefined;
  const empty: string[] = [];
  // Tests wait on real sockets and processes, so two at a time even on one core; more would starve their deadlines.
  const concurrency = Math.max(2, Math.floor(availableParallelism() / 2));
  const stream = run({ files: [...files], concurrency, timeout: fileTimeoutMs, cwd: root });
  stream.on("test:pass", ({ name }) => {
    if (files.includes(name)) empty.push(name);
  });
  stream.on("test:summary", (summary) => {
    // Each file has a summary of its own; the one without a file is the whole run's.
    if (summary.file === undefined) {
      counts = { tests: summary.counts.tests, skipped: summary.counts.skipped, success: summary.success };
    }
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  return { counts, empty };
}

function fail(message: string, code = 1): number {
  console.error(`!!! ${message}`);
  return code;
}
