import { type ArbiterConfig, type Envelope, SluiceError } from "@sluice/core";
import { request } from "@sluice/runtime";
import { entryBytesMax } from "./messages.ts";

/** The way to the other arbiters. Who doesn't answer in time answers undefined. */
export interface FailsafePeers {
  /** Brings an ask or an entry; answers what the other says to it. */
  send(to: ArbiterConfig, envelope: Envelope): Promise<unknown>;
  /** The first entry that the other keeps with a name after that one. */
  next(of: ArbiterConfig, after: string): Promise<unknown>;
}

/** Who is silent for so long is given up. */
const answerTimeoutMs = 1_000;
/** A long entry takes its time, on the way to a disk and on the way here. */
const bytesPerMs = 10_000;

/** An entry's payload is text within text, so each quotation mark in it goes as two bytes. */
const answerBytesMax = 2 * entryBytesMax;

export function peersByHttp(token: string, signal: AbortSignal): FailsafePeers {
  const ask = async (url: string, body?: Envelope): Promise<unknown> => {
    const how = body ? ({ method: "POST", body } as const) : ({ silentMs: answerTimeoutMs } as const);
    try {
      // What is brought is answered in a line, when it is on disk. What is asked for may be as long as any.
      const bytes = body ? body.payload.length : entryBytesMax;
      const timeoutMs = Math.ceil(answerTimeoutMs + bytes / bytesPerMs);
      const answer = await request({ url, ...how, token, timeoutMs, bytesMax: answerBytesMax, signal });
      return answer.status === 200 ? answer.body : undefined;
    } catch (error) {
      if (signal.aborted || error instanceof SluiceError) return undefined;
      throw error;
    }
  };
  return {
    send: (to, envelope) => ask(`${to.url}/v1/failsafe`, envelope),
    next: (of, after) => ask(`${of.url}/v1/failsafe?after=${encodeURIComponent(after)}`),
  };
}
