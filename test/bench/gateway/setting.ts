import type { Cores } from "./cores.ts";
import type { Report } from "./report.ts";

/** How a run is done. */
export type Setting = {
  readonly cores: Cores;
  readonly isShort: boolean;
  readonly rounds: number;
  /** How long each proxy is measured in each round. */
  readonly seconds: number;
  /** Before that, in each round: code is compiled, connections are open. */
  readonly warmUpMs: number;
  readonly signal: AbortSignal;
};

export type Series = { readonly name: string; play(setting: Setting): Promise<Report> };
