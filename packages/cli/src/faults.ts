import { SluiceError } from "@sluice/core";
import type { Faults } from "@sluice/lab";

export type FaultOptions = {
  readonly status?: string;
  readonly rate: string;
  readonly latency?: string;
  readonly hang?: boolean;
  readonly refuse?: boolean;
  readonly missingModel?: boolean;
  readonly streamError?: string;
  readonly alternate?: boolean;
};

/** The options of `lab fault` as the model server's faults; it checks their ranges. None at all heals. */
export function faultsOf(options: FaultOptions): Faults {
  const { status, latency, streamError } = options;
  return {
    ...(status === undefined
      ? {}
      : { status: { code: numberOf("--status", status), rate: numberOf("--rate", options.rate) } }),
    ...(latency === undefined ? {} : { latencyMs: numberOf("--latency", latency) }),
    ...(options.hang ? { hang: true } : {}),
    ...(options.refuse ? { refuse: true } : {}),
    ...(options.missingModel ? { missingModel: true } : {}),
    ...(streamError === undefined ? {} : { streamError: { afterChunks: numberOf("--stream-error", streamError) } }),
    ...(options.alternate ? { alternate: true } : {}),
  };
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new SluiceError("USAGE", `${flag}: ${text} is no number`);
  return value;
}
