import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { workOff } from "./crew.ts";
import { mutants } from "./mutants/list.ts";
import type { Failure } from "./worker.ts";

/** All that it takes to see a failure again: a seed has one history, for as long as the code is the same. */
export type Kept = Partial<Failure> & {
  readonly seed: number;
  /** The bug that was planted, if one was. */
  readonly mutant?: string;
  /** The commit it was seen on. */
  readonly version?: string;
};

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".sluice/sim");

/** Writes a failure down; answers the file, from the root. */
export function keepFailure(failure: Failure, mutant?: string): string {
  const kept: Kept = { ...failure, ...(mutant === undefined ? {} : { mutant }), version: versionNow() };
  const file = join(folder, `seed-${failure.seed}${mutant === undefined ? "" : `-${mutant}`}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  return relative(root, file);
}

/** What such a file holds, or one with seeds alone, one a line. */
export function parseKept(text: string): readonly Kept[] {
  if (text.trimStart().startsWith("{")) return [JSON.parse(text) as Kept];
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => /^\d+$/.test(line)).map((line) => ({ seed: Number(line) }));
}

/** Plays each again; 1 when one fails, as it does on the code that it was kept on. */
export async function replay(file: string): Promise<number> {
  let worst = 0;
  for (const kept of parseKept(readFileSync(file, "utf8"))) {
    const first = await again(kept);
    const name = `seed ${kept.seed}${kept.mutant === undefined ? "" : `, with ${kept.mutant}`}`;
    console.log(first ? `${name}: ${first.id} violated: ${first.sentence}` : `${name}: well`);
    if (kept.sentence !== undefined && kept.sentence !== first?.sentence)
      console.log(`  it was kept as ${kept.id}: ${kept.sentence}\n  on ${kept.version}; this is ${versionNow()}`);
    if (first) worst = 1;
  }
  return worst;
}

async function again({ seed, mutant: name }: Kept): Promise<Failure | undefined> {
  const mutant = mutants.find((each) => each.name === name);
  if (name !== undefined && !mutant) throw new Error(`no planted bug is called ${name}`);
  const failed: Failure[] = [];
  const onDone = (outcome: { readonly failed: readonly Failure[] }): boolean => failed.push(...outcome.failed) > 0;
  await workOff({ seeds: { from: seed, to: seed + 1 }, hands: 1, onDone, ...(mutant ? { mutant } : {}) });
  return failed[0];
}

function versionNow(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  } catch {
    return "an unknown version";
  }
}
