import type { ArbiterConfig, TargetKey } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import type { Logger, Signer } from "@sluice/runtime";
import { followSuspicions } from "./follow-suspicions.ts";
import { makeLines } from "./lines.ts";
import type { AgentMetrics } from "./metrics.ts";
import { makeReporter, newBootId, type Said, type Saying, wantsAgain } from "./reporter.ts";

/** A line to each arbiter: reports go out, suspicions come in. No line waits for another. */
export interface ArbiterLines {
  /** These are the arbiters now: lines to others end, new ones begin, the rest go on as they are. */
  follow(arbiters: readonly ArbiterConfig[]): void;
  /** Something changed: every arbiter is told at once. */
  hurry(): void;
  /** Ends every line and waits until all have ended. */
  close(): Promise<void>;
}

type Deps = {
  readonly name: string;
  readonly clock: Clock;
  readonly token: string;
  readonly signer: Signer;
  readonly logger: Logger;
  readonly metrics: AgentMetrics;
  readonly intervalMs: () => number;
  readonly say: () => Saying;
  readonly onSuspicion: (targets: readonly TargetKey[]) => void;
  /** An arbiter has answered, and said which configuration is in force. */
  readonly onAnswer: (arbiter: ArbiterConfig, said: Extract<Said, { kind: "answered" }>) => void;
};

export function makeArbiterLines(deps: Deps): ArbiterLines {
  const bootId = newBootId();
  const lines = makeLines((arbiter: ArbiterConfig, signal) => makeLine(deps, { arbiter, bootId }, signal));
  return {
    follow: (arbiters) => lines.follow(arbiters),
    hurry: () => lines.all().forEach((line) => line.hurry()),
    close: () => lines.close(),
  };
}

function makeLine(
  deps: Deps,
  { arbiter, bootId }: { readonly arbiter: ArbiterConfig; readonly bootId: string },
  signal: AbortSignal,
) {
  const noteResult = makeResultLog(deps.logger, arbiter.name);
  const reporter = makeReporter({
    ...deps,
    agent: deps.name,
    arbiter,
    bootId,
    onReply(said) {
      deps.metrics.reports.inc({ arbiter: arbiter.name, result: said.result });
      noteResult(said.result);
      if (said.kind === "answered") deps.onAnswer(arbiter, said);
    },
  });
  const hearing = { agent: deps.name, arbiter, token: deps.token, onSuspicion: deps.onSuspicion };
  const ended = Promise.all([reporter.run(signal), followSuspicions(hearing, signal)]);
  return { hurry: () => reporter.hurry(), ended };
}

/** One log line when what becomes of the reports changes. A nonce that is unknown or old is put right at once by the next. */
function makeResultLog(logger: Logger, arbiter: string): (result: string) => void {
  let last = "";
  return (result) => {
    if (result === last || wantsAgain(result)) return;
    last = result;
    const fields = { event: "reports", arbiter, result };
    if (result === "counted") logger.info(fields, `${arbiter} counts our reports`);
    else logger.warn(fields, `${arbiter} does not count our reports: ${result}`);
  };
}
