import { SluiceError } from "@sluice/core";
import type { Ask } from "@sluice/runtime";
import { askAll, askOne, type Outcome } from "./ask-all.ts";
import { isLeading, type Status } from "./status.ts";
import { whyNobodyLeads } from "./why-nobody-leads.ts";

/** The arbiters' API, as the command line uses it: all are asked at once, so losing one costs an operator next to nothing. */
export interface ArbiterClient {
  /** From any arbiter that answers; for `status`, `explain` and weights from the leader, if it answers about as soon as others. */
  get(path: string, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** To the leader. Never sent a second time unless the first arbiter has said that it did nothing. */
  send(method: "POST" | "PUT", path: string, body: unknown): Promise<unknown>;
  /** To that arbiter, whoever leads; once. */
  sendTo(url: string, path: string, body: unknown): Promise<unknown>;
  /** As `send`, for a change that was made on what had this entity tag. */
  patch(path: string, body: unknown, ifMatch: string): Promise<unknown>;
  /** From every arbiter, whoever leads. */
  askEach(path: string): Promise<readonly Outcome[]>;
  /** To every arbiter, whoever leads: what each of them takes by itself, and twice as well as once. */
  sendToAll(method: "PUT", path: string, body: unknown): Promise<readonly Outcome[]>;
  /** The status by everybody who answers, the leader's first, and who doesn't. */
  survey(): Promise<Survey>;
}

export type Survey = { readonly statuses: readonly Status[]; readonly silent: readonly Silent[] };
export type Silent = { readonly url: string; readonly because: string };

/** Unit: milliseconds. Tests shorten them. */
const patience = {
  /** For the answer to a read. */
  readMs: 5_000,
  /** For the answer to a write, which a busy leader commits first. */
  writeMs: 10_000,
  /** For others, once one has answered. */
  graceMs: 500,
  /** For the leader to say so, before something is sent to it. */
  leaderMs: 2_000,
};
const bytesMax = 32 * 1024 * 1024;

export function makeArbiterClient(
  urls: readonly string[],
  token: string,
  waits: typeof patience = patience,
): ArbiterClient {
  const asking = { token, bytesMax };
  const read = (path: string) => ({ ...asking, path, timeoutMs: waits.readMs + waitOf(path) });
  const isLeaders = (outcome: Outcome): boolean => outcome.kind === "answer" && isLeading(outcome.body);

  async function findLeader(): Promise<readonly string[]> {
    const outcomes = await askAll(urls, { ask: read("/v1/status"), graceMs: waits.leaderMs, isEnough: isLeaders });
    const leader = outcomes.find(isLeaders);
    if (!leader) throw whyNot(outcomes) ?? noLeader(outcomes);
    return [leader.url, ...urls.filter((url) => url !== leader.url)];
  }

  async function deliver(what: Pick<Ask, "method" | "body" | "headers">, path: string): Promise<unknown> {
    for (const url of await findLeader()) {
      const outcome = await askOne({ ...asking, ...what, url: `${url}${path}`, timeoutMs: waits.writeMs }, url);
      if (outcome.kind === "answer") return outcome.body;
      if (outcome.kind === "problem" && outcome.error.code !== "NOT_LEADER") throw outcome.error;
      if (outcome.kind === "silent" && !isUnsent(outcome.error)) throw maybeDone(outcome);
    }
    throw noLeader(await askAll(urls, { ask: read("/v1/status"), graceMs: waits.graceMs, isEnough: () => false }));
  }

  return {
    async get(path, options = {}) {
      const isAboutLeader = /^\/v1\/(status|explain|services)\b/.test(path);
      const isEnough = (outcome: Outcome): boolean => (isAboutLeader ? isLeaders(outcome) : outcome.kind === "answer");
      const outcomes = await askAll(urls, { ask: read(path), graceMs: waits.graceMs, isEnough, ...options });
      const best = outcomes.find(isLeaders) ?? outcomes.find(({ kind }) => kind === "answer");
      if (best?.kind === "answer") return best.body;
      throw whyNot(outcomes) ?? unreachable(outcomes);
    },
    async survey() {
      const outcomes = await askAll(urls, { ask: read("/v1/status"), graceMs: waits.graceMs, isEnough: () => false });
      const { statuses, silent } = surveyOf(outcomes);
      if (statuses.length === 0) throw whyNot(outcomes) ?? unreachable(outcomes);
      return { statuses, silent };
    },
    askEach: (path) => askAll(urls, { ask: read(path), graceMs: waits.leaderMs, isEnough: () => false }),
    async sendToAll(method, path, body) {
      const ask = { ...asking, method, body, path, timeoutMs: waits.writeMs };
      const outcomes = await askAll(urls, { ask, graceMs: waits.leaderMs, isEnough: () => false });
      if (outcomes.every(({ kind }) => kind === "silent")) throw unreachable(outcomes);
      return outcomes;
    },
    async sendTo(url, path, body) {
      const ask = { ...asking, method: "POST", body, url: `${url}${path}`, timeoutMs: waits.writeMs } as const;
      const outcome = await askOne(ask, url);
      if (outcome.kind === "answer") return outcome.body;
      throw outcome.kind === "silent" && !isUnsent(outcome.error) ? maybeDone(outcome) : outcome.error;
    },
    send: (method, path, body) => deliver({ method, body }, path),
    patch: (path, body, ifMatch) => deliver({ method: "PATCH", body, headers: { "if-match": ifMatch } }, path),
  };
}

/** How long the path itself asks an arbiter to wait: a long poll. */
const waitOf = (path: string): number => Number(new URLSearchParams(path.split("?")[1]).get("waitMs") ?? 0);

function surveyOf(outcomes: readonly Outcome[]): Survey {
  const answers = outcomes.flatMap((outcome) => (outcome.kind === "answer" ? [outcome.body as Status] : []));
  const silent = outcomes.flatMap((outcome) =>
    outcome.kind === "answer" ? [] : [{ url: outcome.url, because: outcome.error.message }],
  );
  return { statuses: answers.toSorted((one, other) => Number(isLeading(other)) - Number(isLeading(one))), silent };
}

/** What an arbiter itself objects to, when none answers well: a wrong token is a wrong token everywhere. */
const whyNot = (outcomes: readonly Outcome[]): SluiceError | undefined =>
  outcomes.some(({ kind }) => kind === "answer")
    ? undefined
    : outcomes.find((outcome) => outcome.kind === "problem")?.error;

function noLeader(outcomes: readonly Outcome[]): SluiceError {
  const survey = surveyOf(outcomes);
  if (survey.statuses.length === 0) return unreachable(outcomes);
  return new SluiceError("NO_LEADER", "arbiters answer, but none of them leads; nothing was changed", {
    hint: `${whyNobodyLeads(survey).join(" ")} A new leader is elected within 13 s.`,
    transient: true,
  });
}

function unreachable(outcomes: readonly Outcome[]): SluiceError {
  const silent = outcomes.flatMap((outcome) => (outcome.kind === "silent" ? [outcome] : []));
  return new SluiceError("UNREACHABLE", `none of ${outcomes.map(({ url }) => url).join(", ")} answered`, {
    hint: "Is the lab running? Start it with `pnpm start`, or give --arbiters.",
    problems: silent.map(({ url, error }) => ({ path: url, message: error.message.replace(`${url}: `, "") })),
    transient: true,
  });
}

/** Errors of a connection that never came to be: then nothing was sent. Of any other it can't be known. */
const neverConnected = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL"];
const isUnsent = (error: SluiceError): boolean =>
  neverConnected.includes((error.cause as NodeJS.ErrnoException | undefined)?.code ?? "");

const maybeDone = ({ url, error }: Extract<Outcome, { kind: "silent" }>): SluiceError =>
  new SluiceError("TIMEOUT", `${url} gave no answer: what was asked may or may not have been done`, {
    hint: "Look at `sluice status` and `sluice events` before you ask again.",
    problems: [{ path: url, message: error.message.replace(`${url}: `, "") }],
    cause: error,
  });
