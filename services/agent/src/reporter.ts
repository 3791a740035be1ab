import { randomUUID } from "node:crypto";
import { type ArbiterConfig, type Report, SluiceError, type Vote } from "@sluice/core";
import type { Clock } from "@sluice/ports";
import { type Answer, request, type Signer, sleep } from "@sluice/runtime";
import { type Held, newsSince } from "./news.ts";

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
  readonly clock: Clock;
  readonly onReply: (said: Said) => void;
};

/** What became of one report, and when it was begun. Of an arbiter that said nothing usable there is only the result. */
export type Said =
  | { readonly kind: "answered"; readonly result: string; readonly configRevision: number; readonly askedAt: number }
  | { readonly kind: "failed"; readonly result: "rejected" | "unreachable" };

/** A report that takes longer is given up: the next one says more. */
const timeoutMs = 1_000;
/** With more votes than this a report leaves out what is for people only, so that a dead site doesn't make it too long to send. */
const detailedVotesMax = 250;

export const newBootId = (): string => randomUUID();

export function makeReporter(deps: Deps): Reporter {
  let nonce = "";
  let seq = 0;
  let held: Held | undefined;
  let hurried = new AbortController();

  /** True when the arbiter wants the report again, under the nonce it just gave. */
  async function report(signal: AbortSignal): Promise<boolean> {
    seq += 1;
    const { agent, arbiter, bootId } = deps;
    const saying = deps.say();
    const votes = terse(saying.votes);
    const next = { seq, configRevision: saying.configRevision, votes };
    const body: Report = { agent, arbiter: arbiter.name, nonce, bootId, seq, ...saying, ...newsSince(held, next) };
    // Whether this one comes in is unknown until the arbiter has said so.
    held = undefined;
    const askedAt = deps.clock.monotonicMs();
    try {
      const url = `${arbiter.url}/v1/reports`;
      const answer = await request({ url, method: "POST", body: deps.signer.sign("report", body), timeoutMs, signal });
      const reply = replyOf(answer);
      if (reply) ({ nonce } = reply);
      if (reply?.result === "counted" && reply.holds === next.seq) held = next;
      deps.onReply(reply ? { kind: "answered", ...reply, askedAt } : { kind: "failed", result: "rejected" });
      return reply !== undefined && wantsAgain(reply.result);
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof SluiceError)) throw error;
      deps.onReply({ kind: "failed", result: "unreachable" });
      return false;
    }
  }

  return {
    hurry: () => hurried.abort(),
    async run(signal) {
      while (!signal.aborted) {
        // A change while a report is under way isn't in that report, so it ends the wait that follows.
        hurried = new AbortController();
        const hurry = hurried.signal;
        // An interval from begin to begin: the lines to all arbiters then stay together, and one waking serves them all.
        const nextAt = deps.clock.monotonicMs() + deps.intervalMs();
        if (await report(signal)) await report(signal);
        await waitFor(Math.max(0, nextAt - deps.clock.monotonicMs()), signal, hurry);
      }
    },
  };
}

/** What the next report puts right at once. */
export const wantsAgain = (result: string): boolean =>
  result === "unknown-nonce" || result === "old-nonce" || result === "gap";

type Reply = {
  readonly result: string;
  readonly nonce: string;
  readonly configRevision: number;
  readonly holds: unknown;
};

/** What the arbiter said, or undefined if it doesn't speak as an arbiter does. */
function replyOf({ status, body }: Answer): Reply | undefined {
  if (status !== 200 || typeof body !== "object" || body === null) return undefined;
  const { kind, because, nonce, configRevision, holds } = body as Readonly<Record<string, unknown>>;
  if (typeof nonce !== "string" || nonce.length > 128 || typeof configRevision !== "number") return undefined;
  const refused = typeof because === "string" ? because.slice(0, 40) : "refused";
  return { result: kind === "counted" ? "counted" : refused, nonce, configRevision, holds };
}

const terse = (votes: readonly Vote[]): readonly Vote[] =>
  votes.length <= detailedVotesMax
    ? votes
    : votes.map(({ detail: _forPeople, traffic, ...vote }) =>
        traffic ? { ...vote, traffic: { ...traffic, because: "" } } : vote,
      );

/** Waits for the interval, or until either signal aborts. */
async function waitFor(ms: number, signal: AbortSignal, hurry: AbortSignal): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  for (const each of [signal, hurry]) each.addEventListener("abort", end, { once: true });
  if (!signal.aborted && !hurry.aborted) await sleep(ms, over.signal);
  signal.removeEventListener("abort", end);
}
