import { type QueryAnswer, readAnswer } from "@sluice/dns";
import type { Asked } from "./in-flight.ts";

/** What one question led to. */
export type PollOutcome =
  /** Addresses and their sites, each sorted and once; two sites in one answer are a mixed answer. */
  | { readonly kind: "answers"; readonly addresses: readonly string[]; readonly sites: readonly string[] }
  /** No address, by NODATA or NXDOMAIN: a client is left with nothing either way. */
  | { readonly kind: "empty"; readonly rcode: number }
  /** SERVFAIL, or any other error. */
  | { readonly kind: "servfail"; readonly rcode: number }
  /** The answer is to be had over TCP, where this poller doesn't ask. */
  | { readonly kind: "truncated" }
  | { readonly kind: "timeout" };

/** An outcome unlike the one before. Both dates are monotonic milliseconds: when it was asked, and when the outcome was known. */
export type PollChange = PollOutcome & { readonly askedAt: number; readonly at: number };

export type PollCounts = Readonly<Record<PollOutcome["kind"] | "asked" | "mixed", number>>;

/** What one server has answered. */
export type ServerPoll = {
  readonly server: string;
  /** `mixed` are those of `answers` that held addresses of more than one site. */
  readonly counts: PollCounts;
  /** Oldest first; the first is the first outcome of all. */
  readonly changes: readonly PollChange[];
  /** Changes beyond the bound, which were counted and not kept. */
  readonly changesLost: number;
  /** When the first answer arrived that held other addresses than the first of all. Monotonic milliseconds. */
  readonly firstMovedAt: number | undefined;
};

export interface Recorder {
  asked(): void;
  answered(asked: Asked, got: { readonly reply: Buffer; readonly at: number }): void;
  timedOut(asked: Asked, at: number): void;
  seen(): ServerPoll;
}

/** A weighted service may change its answer with every question; a drill of some minutes fits. */
const changesMax = 20_000;

type Options = {
  readonly siteOf: (address: string) => string | undefined;
  readonly onChange?: (poll: ServerPoll) => void;
};

export function makeRecorder(options: Options, server: string): Recorder {
  const counts = { asked: 0, answers: 0, mixed: 0, empty: 0, servfail: 0, truncated: 0, timeout: 0 };
  const changes: PollChange[] = [];
  let changesLost = 0;
  let newest = 0;
  let last = "";
  let first: string | undefined;
  let firstMovedAt: number | undefined;
  const seen = (): ServerPoll => ({ server, counts: { ...counts }, changes: [...changes], changesLost, firstMovedAt });

  function note(asked: Asked, outcome: PollOutcome, at: number): void {
    counts[outcome.kind] += 1;
    if (outcome.kind === "answers" && outcome.sites.length > 1) counts.mixed += 1;
    // Overtaken by the outcome of a later question: it tells of an earlier state, or of a lost packet, and not of a change.
    if (asked.number < newest) return;
    newest = asked.number;
    const key = keyOf(outcome);
    if (key === last) return;
    last = key;
    if (outcome.kind === "answers") {
      first ??= key;
      if (key !== first) firstMovedAt ??= at;
    }
    if (changes.length < changesMax) changes.push({ ...outcome, askedAt: asked.at, at });
    else changesLost += 1;
    options.onChange?.(seen());
  }

  return {
    asked() {
      counts.asked += 1;
    },
    answered: (asked, { reply, at }) => note(asked, outcomeOf(readAnswer(reply), options.siteOf), at),
    timedOut: (asked, at) => note(asked, { kind: "timeout" }, at),
    seen,
  };
}

const keyOf = (outcome: PollOutcome): string =>
  outcome.kind === "answers"
    ? outcome.addresses.join(" ")
    : `${outcome.kind} ${"rcode" in outcome ? outcome.rcode : ""}`;

const nxdomain = 3;

function outcomeOf(answer: QueryAnswer, siteOf: Options["siteOf"]): PollOutcome {
  if (answer.tc) return { kind: "truncated" };
  if (answer.rcode !== 0 && answer.rcode !== nxdomain) return { kind: "servfail", rcode: answer.rcode };
  const records = answer.answers.filter((record) => record.type === "A" || record.type === "AAAA");
  const addresses = sortedOnce(records.map((record) => record.data));
  if (addresses.length === 0) return { kind: "empty", rcode: answer.rcode };
  return { kind: "answers", addresses, sites: sortedOnce(addresses.map((address) => siteOf(address) ?? "nobody's")) };
}

const sortedOnce = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();
