import { randomUUID } from "node:crypto";
import { type ArbiterConfig, type Report, SluiceError } from "@sluice/core";
import { request, type Signer, sleep } from "@sluice/runtime";

/** What an agent says, less what differs from arbiter to arbiter. */
export type Saying = Pick<Report, "configRevision" | "selfCheck" | "votes">;

/** Tells one arbiter what the agent holds: each interval, and at once on a change. */
export interface Reporter {
  /** Something changed: do not wait for the interval. */
  hurry(): void;
  run(signal: AbortSignal): Promise<void>;
}

type Deps = {
  readonly agent: string;
  readonly arbiter: ArbiterConfig;
  readonly signer: Signer;
  readonly bootId: string;
  readonly intervalMs: () => number;
  readonly say: () => Saying;
  readonly onReply: (result: string, configRevision: number | undefined) => void;
};

/** A report that takes longer is given up: the next one says more. */
const timeoutMs = 1_000;

type Reply = {
  readonly kind: string;
  readonly because?: string;
  readonly nonce: string;
  readonly configRevision: number;
};

export const newBootId = (): string => randomUUID();

export function makeReporter(deps: Deps): Reporter {
  let nonce = "";
  let seq = 0;
  let hurried = new AbortController();

  /** True when the arbiter wants the report again, under the nonce it just gave. */
  async function report(signal: AbortSignal): Promise<boolean> {
    seq += 1;
    const { agent, arbiter, bootId } = deps;
    const body: Report = { agent, arbiter: arbiter.name, nonce, bootId, seq, ...deps.say() };
    try {
      const url = `${arbiter.url}/v1/reports`;
      const answer = await request({ url, method: "POST", body: deps.signer.sign("report", body), timeoutMs, signal });
      if (answer.status !== 200) {
        deps.onReply("rejected", undefined);
        return false;
      }
      const reply = answer.body as Reply;
      nonce = reply.nonce;
      deps.onReply(reply.kind === "counted" ? "counted" : (reply.because ?? "refused"), reply.configRevision);
      return reply.because === "unknown-nonce" || reply.because === "old-nonce";
    } catch (error) {
      if (!signal.aborted && !(error instanceof SluiceError)) throw error;
      deps.onReply("unreachable", undefined);
      return false;
    }
  }

  return {
    hurry: () => hurried.abort(),
    async run(signal) {
      while (!signal.aborted) {
        hurried = new AbortController();
        const isAgain = await report(signal);
        if (isAgain && (await report(signal))) await sleep(deps.intervalMs(), signal);
        await sleep(deps.intervalMs(), AbortSignal.any([signal, hurried.signal]));
      }
    },
  };
}
