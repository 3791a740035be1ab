import { parseArgs } from "node:util";
import { workOff } from "./crew.ts";
import { judgeMutants, seedsMax } from "./mutants/judge.ts";
import { keepFailure, replay } from "./replay.ts";
import { reportOf } from "./report.ts";
import { simulate } from "./simulate.ts";
import type { Failure } from "./worker.ts";

/** `pnpm sim`: the whole control plane over virtual time, seed by seed, with everything going wrong that a seed draws. */
const usage = `pnpm sim [--seeds N] [--from S] [--minutes M]   many seeds, on every core
pnpm sim --seed X                               one seed, told as a story
pnpm sim --replay FILE                          a failure that was kept, or the seeds in a file, one a line
pnpm sim --mutants [NAME …] [--seeds N] [--minutes M] [--short]
                                                how many planted bugs are found, and by which seed`;

const sayEveryMs = 10_000;

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== "--"));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      minutes: { type: "string" },
      seed: { type: "string" },
      replay: { type: "string" },
      mutants: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const numbers = [values.seeds ?? "1", values.from, values.minutes ?? "1", values.seed ?? "1"].map(Number);
  if (!numbers.every((number) => Number.isFinite(number) && number >= 0)) {
    console.error(usage);
    return 2;
  }
  if (values.seed !== undefined) return tell(Number(values.seed));
  if (values.replay !== undefined) return replay(values.replay);
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (values.mutants) {
    const seeds = Number(values.seeds ?? seedsMax);
    return judgeMutants({
      names: positionals,
      seeds,
      isShort: values.short,
      minutes: minutes ?? Number.POSITIVE_INFINITY,
    });
  }
  return runMany(Number(values.from), { count: Number(values.seeds ?? 200), minutes });
}

async function tell(seed: number): Promise<number> {
  const { story, findings, hash, events } = await simulate(seed, true);
  console.log(story.join("\n"));
  console.log(`seed ${seed}: ${events} events, trace ${hash}`);
  for (const { id, sentence } of findings.violations.slice(0, 5)) console.log(`${id} violated: ${sentence}`);
  return findings.violations.length > 0 ? 1 : 0;
}

type Many = { readonly count: number; readonly minutes: number | undefined };

async function runMany(from: number, { count, minutes }: Many): Promise<number> {
  const began = performance.now();
  const exercised: Record<string, number> = {};
  const sometimes: Record<string, number> = {};
  const failed: Failure[] = [];
  let [seeds, events, virtualMs, saidAt] = [0, 0, 0, began];
  await workOff({
    seeds: { from, to: from + count },
    onDone(outcome) {
      seeds += outcome.seeds;
      events += outcome.events;
      virtualMs += outcome.virtualMs;
      for (const [id, times] of Object.entries(outcome.findings.exercised))
        exercised[id] = (exercised[id] ?? 0) + times;
      for (const [what, times] of Object.entries(outcome.findings.sometimes))
        sometimes[what] = (sometimes[what] ?? 0) + times;
      failed.push(...outcome.failed);
      const now = performance.now();
      if (now - saidAt > sayEveryMs) {
        saidAt = now;
        console.log(`${seeds} of ${count} seeds, ${failed.length} failed, ${Math.round((now - began) / 1_000)} s`);
      }
      return failed.length >= 5 || (minutes !== undefined && now - began > minutes * 60_000);
    },
  });
  const seconds = (performance.now() - began) / 1_000;
  const { lines, gaps } = reportOf({ seeds, exercised, sometimes });
  for (const line of lines) console.log(line);
  const rates = `${Math.round((seeds / seconds) * 60)} seeds a minute, ${Math.round(events / seconds)} events a second`;
  console.log(
    `${seeds} seeds, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours in ${seconds.toFixed(1)} s: ${rates}`,
  );
  for (const gap of gaps) console.error(gap);
  const [first] = failed.toSorted((one, other) => one.seed - other.seed);
  if (!first) return gaps.length > 0 ? 1 : 0;
  await tell(first.seed);
  for (const { seed, id, sentence } of failed) console.error(`seed ${seed}: ${id} violated: ${sentence}`);
  console.error(`again: pnpm sim --seed ${first.seed}, or pnpm sim --replay ${keepFailure(first)}`);
  return 1;
}
