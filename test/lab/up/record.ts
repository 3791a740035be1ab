import { rm } from "node:fs/promises";
import { readJsonFile, writeFileAtomic } from "@sluice/runtime";
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
  return (await readJsonFile(layout.record)) as LabRecord | undefined;
}

export const writeRecord = (layout: Layout, record: LabRecord): Promise<void> =>
  writeFileAtomic(layout.record, `${JSON.stringify(record, undefined, 2)}\n`);

export const removeRecord = (layout: Layout): Promise<void> => rm(layout.record, { force: true });

/** The record of a lab whose supervisor lives, or undefined. */
export async function readRunning(layout: Layout): Promise<LabRecord | undefined> {
  const record = await readRecord(layout);
  return record && (await isAlive(record.supervisor)) ? record : undefined;
}

/** Ends what a killed supervisor left running: only processes that still are the ones it started. */
export async function sweep(layout: Layout): Promise<number> {
  const record = await readRecord(layout);
  if (!record) return 0;
  let ended = 0;
  for (const part of record.parts) {
    if (!(await isAlive(part))) continue;
    signalProcess(part.pid, "SIGKILL");
    ended += 1;
  }
  await removeRecord(layout);
  return ended;
}
