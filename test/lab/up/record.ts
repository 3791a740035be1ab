import { renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { SluiceError } from "@sluice/core";
import { readJsonFile, sleep } from "@sluice/runtime";
import { stopEmbeddedPostgres } from "@sluice/store-postgres";
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

const goneTimeoutMs = 10_000;
const lookEveryMs = 10;

/**
 * Ends what a killed supervisor left running, database included, and waits until it is gone: only processes that still are
 * the ones it started. Answers how many there were.
 */
export async function sweep(layout: Layout): Promise<number> {
  const left = ((await readRecord(layout))?.parts ?? []).filter((part) => isAlive(part));
  for (const part of left) signalProcess(part.pid, "SIGKILL");
  const until = performance.now() + goneTimeoutMs;
  for (const part of left) {
    while (isAlive(part)) {
      if (performance.now() > until)
        throw new SluiceError("TIMEOUT", `${part.name}, left behind by an earlier lab, does not end`, {
          hint: `See what holds process ${part.pid}, and start again when it is gone.`,
        });
      await sleep(lookEveryMs, new AbortController().signal);
    }
  }
  const hadDatabase = await stopEmbeddedPostgres(layout.postgres);
  await removeRecord(layout);
  return left.length + (hadDatabase ? 1 : 0);
}
