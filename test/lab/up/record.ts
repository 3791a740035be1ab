import { renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { SluiceError } from "@sluice/core";
import { readJsonFile, sleep } from "@sluice/runtime";
import type { Layout, PartRole } from "./layout.ts";
import { isAlive, type ProcessId, signalProcess } from "./process-table.ts";

/** What a running lab writes down, so that other shells, and the next start after a `kill -9`, find its processes. */
export type LabRecord = {
  readonly supervisor: ProcessId;
  readonly control: { readonly url: string; readonly token: string };
  readonly parts: readonly RecordedPart[];
};

export type RecordedPart = ProcessId & { readonly name: string; readonly role: PartRole; readonly site: string };

export async function readRecord(layout: Layout): Promise<LabRecord | undefined> {
  try {
    return (await readJsonFile(layout.record)) as LabRecord | undefined;
  } catch (error) {
    // Below a file there is no lab either.
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

/**
 * Without waiting, in the turn that started a process: whoever is killed a moment later has it written down. It needs no
 * fsync, since the processes it names don't outlive the machine either.
 */
export function writeRecord(layout: Layout, record: LabRecord): void {
  const temporary = `${layout.record}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, layout.record);
}

export const removeRecord = (layout: Layout): Promise<void> => rm(layout.record, { force: true });

/** The record of a lab whose supervisor lives, or undefined. */
export async function readRunning(layout: Layout): Promise<LabRecord | undefined> {
  const record = await readRecord(layout);
  return record && isAlive(record.supervisor) ? record : undefined;
}

/** So that an arbiter can give its lease back, and the next one needn't wait until it has run out. */
const graceMs = 3_000;
const goneTimeoutMs = 10_000;
const lookEveryMs = 10;

/**
 * Ends what a killed supervisor left running, database last, and waits until it is gone: only processes that still are the
 * ones it started. Answers how many there were.
 */
export async function sweep(layout: Layout): Promise<number> {
  const left = ((await readRecord(layout))?.parts ?? []).filter((part) => isAlive(part));
  // A stopped process (SIGSTOP) gets its SIGTERM only when it goes on.
  for (const signal of ["SIGTERM", "SIGCONT"] as const) for (const part of left) signalProcess(part.pid, signal);
  const stubborn = await untilGone(left, graceMs);
  for (const part of stubborn) signalProcess(part.pid, "SIGKILL");
  const [held] = await untilGone(stubborn, goneTimeoutMs);
  if (held)
    throw new SluiceError("TIMEOUT", `${held.name}, left behind by an earlier lab, does not end`, {
      hint: `See what holds process ${held.pid}, and start again when it is gone.`,
    });
  // Loaded by who cleans up alone: most commands only read the record.
  const { stopEmbeddedPostgres } = await import("@sluice/store-postgres");
  const hadDatabase = await stopEmbeddedPostgres(layout.postgres);
  await removeRecord(layout);
  return left.length + (hadDatabase ? 1 : 0);
}

/** Those of them that still run after a while. */
async function untilGone(parts: readonly RecordedPart[], timeoutMs: number): Promise<readonly RecordedPart[]> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const left = parts.filter((part) => isAlive(part));
    if (left.length === 0 || performance.now() > until) return left;
    await sleep(lookEveryMs, new AbortController().signal);
  }
}
