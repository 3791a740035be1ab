import { join } from "node:path";
import type { Config, Opinion } from "@sluice/core";
import type { Prng } from "@sluice/ports";
import { readSigner, repeat, request } from "@sluice/runtime";
import { makeVoters, nextReport } from "./voters.ts";

/** Agents that look at nothing and report over HTTP, each interval and when they have news, as the real ones do. */
export interface Choir {
  /** From now on a share of all votes changes each second. */
  waver(share: number): void;
  /** All that stands in a site is seen so by everybody, who report it at once. Answers when. */
  see(site: string, opinion: Opinion): number;
  /** Why not all of their last reports were counted; undefined when they were. */
  whyNotHeard(): string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startChoir(config: Config, keys: string, chance: Prng): Promise<Choir> {
  const stop = new AbortController();
  const { intervalMs } = config.probes;
  let share = 0;
  const singers = await Promise.all(
    makeVoters(config).map(async (voter, at) => {
      const signer = await readSigner(join(keys, `${voter.agent.name}.key`), voter.agent.name);
      return { voter, signer, line: { nonce: "", seq: 0, held: undefined }, result: "silent", at };
    }),
  );
  type Singer = (typeof singers)[number];
  let revision = 0;

  async function say(singer: Singer): Promise<void> {
    for (let tries = 0; tries < 2; tries += 1) {
      const arbiter = config.arbiters[0];
      if (!arbiter) return;
      const { report, hear } = nextReport(singer.voter, singer.line, { arbiter: arbiter.name, revision });
      const body = singer.signer.sign("report", report);
      const url = `${arbiter.url}/v1/reports`;
      const answer = await request({ url, method: "POST", body, timeoutMs: 10_000, signal: stop.signal });
      const reply = answer.body as {
        kind: string;
        because?: string;
        nonce: string;
        holds?: number;
        configRevision: number;
      };
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(reply)}`);
      hear(reply);
      ({ configRevision: revision } = reply);
      singer.result = reply.because ?? reply.kind;
      if (reply.kind === "counted") return;
    }
  }

  /** Reports never overlap: one that is wanted while another is under way follows it. */
  const turns = new Map<Singer, Promise<void>>();
  function queue(singer: Singer): Promise<void> {
    const next = (turns.get(singer) ?? Promise.resolve())
      .then(() => say(singer))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) singer.result = String(error);
      });
    turns.set(singer, next);
    return next;
  }

  const running = singers.map((singer) =>
    repeat({ everyMs: intervalMs, signal: stop.signal, onError: () => undefined }, async () => {
      if (share > 0) singer.voter.waver(share, chance);
      await queue(singer);
    }),
  );
  return {
    waver: (next) => void (share = next),
    see(site, opinion) {
      for (const { voter } of singers) voter.see(site, opinion);
      const at = performance.now();
      for (const singer of singers) void queue(singer);
      return at;
    },
    whyNotHeard: () => {
      const unheard = singers.find(({ result }) => result !== "counted");
      return unheard && `${unheard.voter.agent.name}: ${unheard.result}`;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
