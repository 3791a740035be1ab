import { parentPort, workerData } from "node:worker_threads";
import type { Config } from "@sluice/core";
import { TableEye } from "./eye.ts";
import { makeHealthTable } from "./health-table.ts";
import type { Series } from "./series.ts";
import { type SimResult, simulate } from "./simulate.ts";

/** One seed of one series, and what became of it. */
export type Task = { readonly series: Series; readonly seed: number; readonly hours: number };
export type Done = { readonly task: Task; readonly result: SimResult };

const { config } = workerData as { readonly config: Config };
const table = makeHealthTable(config.probes);

parentPort?.on("message", (task: Task) => {
  const result = simulate({ ...task, config, makeEye: (at) => new TableEye(at, table) });
  parentPort?.postMessage({ task, result } satisfies Done);
});
