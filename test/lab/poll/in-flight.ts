import { randomInt } from "node:crypto";
import { invariant } from "@sluice/core";
import { isAnswerTo, type Question } from "@sluice/dns";

/** One question that was sent. `number` counts them, so that an answer that was overtaken is known for one. */
export type Asked = { readonly id: number; readonly number: number; readonly at: number };

/** The questions to one server that have no outcome yet. */
export interface InFlight {
  add(now: number): Asked;
  /** The question that this reply answers, or undefined when it answers none of ours. */
  take(reply: Buffer, question: Question): Asked | undefined;
  /** Those that have waited too long, oldest first. */
  expire(now: number): readonly Asked[];
}

/** So few questions at once that a free id is found at the first or second draw. */
const inFlightMax = 4_096;

export function makeInFlight(pace: { readonly intervalMs: number; readonly timeoutMs: number }): InFlight {
  invariant(pace.timeoutMs / pace.intervalMs < inFlightMax, "the time-out is not thousands of intervals long");
  // In the order of asking: a Map keeps it.
  const waiting = new Map<number, Asked>();
  let number = 0;
  return {
    add(now) {
      number += 1;
      const asked = { id: freeId(waiting), number, at: now };
      waiting.set(asked.id, asked);
      return asked;
    },
    take(reply, question) {
      const asked = reply.length < 2 ? undefined : waiting.get(reply.readUInt16BE(0));
      if (asked === undefined || !isAnswerTo(reply, asked.id, question)) return undefined;
      waiting.delete(asked.id);
      return asked;
    },
    expire(now) {
      const late: Asked[] = [];
      for (const asked of waiting.values()) {
        if (now - asked.at < pace.timeoutMs) break;
        late.push(asked);
        waiting.delete(asked.id);
      }
      return late;
    },
  };
}

function freeId(taken: ReadonlyMap<number, unknown>): number {
  for (;;) {
    const id = randomInt(0, 65_536);
    if (!taken.has(id)) return id;
  }
}
