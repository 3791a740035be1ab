import { run } from "node:test";
import { spec } from "node:test/reporters";
import type { Counts } from "./jobs.ts";

// One job of `pnpm test`: its files one after the other in this process, told on its output, and counted for whoever started it.

const files = process.argv.slice(2);
const silent: string[] = [];
let sums = { tests: 0, failed: 0, skipped: 0 };

const events = run({ files, isolation: "none" });
// A file without a test counts as one that passed, by the file's name.
events.on("test:pass", ({ name }) => void (files.includes(name) && silent.push(name)));
events.on("test:summary", ({ counts: { tests, passed, skipped, todo }, success }) => {
  sums = { tests, failed: Math.max(tests - passed - skipped - todo, success ? 0 : 1), skipped };
});
const reporter = spec();
reporter.pipe(process.stdout);
for await (const event of events) if (!isSum(event)) reporter.write(event);
reporter.end();
process.exitCode = sums.failed > 0 ? 1 : 0;

process.send?.({ ...sums, silent } satisfies Counts);
process.disconnect?.();

/** Each job would tell its own; the whole run's are told at its end. */
function isSum(event: { readonly type: string; readonly data?: unknown }): boolean {
  if (event.type === "test:summary") return true;
  return event.type === "test:diagnostic" && (event.data as { readonly file?: string }).file === undefined;
}
