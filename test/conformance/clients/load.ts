import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { until } from "../../scenarios/world/until.ts";
import { countBy } from "../tolerance.ts";

/** Does something `total` times, at most `concurrency` at once, and gives what came of each, in order. */
export async function many<T>(total: number, concurrency: number, one: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < total) {
      const index = next;
      next += 1;
      results[index] = await one(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, total) }, lane));
  return results;
}

/**
 * Does something `perSecond` times a second, whether or not the ones before have ended, until the signal or `forMs`. A late
 * turn is made up for, so the rate holds on a busy machine.
 */
export async function pace<T>(
  how: { readonly perSecond: number; readonly forMs: number; readonly signal?: AbortSignal },
  one: (index: number) => Promise<T>,
): Promise<T[]> {
  const begun = performance.now();
  const running: Promise<T>[] = [];
  while (how.signal?.aborted !== true) {
    const elapsedMs = performance.now() - begun;
    if (elapsedMs >= how.forMs) break;
    while (running.length < (elapsedMs * how.perSecond) / 1000) running.push(one(running.length));
    await sleep(Math.max(1, Math.min(20, 1000 / how.perSecond)));
  }
  return await Promise.all(running);
}

/** A client for very many small requests over few connections: undici's pool. */
export interface Crowd {
  /** The answer's status, who served it, and the reason if the plane itself refused. */
  ask(headers?: Readonly<Record<string, string>>, path?: string): Promise<Seen>;
  /** A POST with a small body, which nobody may send twice on their own account. */
  post(headers?: Readonly<Record<string, string>>, path?: string): Promise<Seen>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `headersMs` from asking to the answer's headers. `error` when there was no whole answer; the status is 0 then. */
export type Seen = {
  readonly status: number;
  readonly servedBy: string;
  readonly reason: string;
  readonly headersMs: number;
  readonly error?: string;
};

export function openCrowd(url: string, host: string, connections = 16): Crowd {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 20_000, bodyTimeout: 20_000 });
  async function send(method: "GET" | "POST", path: string, headers: Readonly<Record<string, string>>): Promise<Seen> {
    const begun = performance.now();
    const body = method === "POST" ? "{}" : null;
    try {
      const answer = await pool.request({ path, method, headers: { host, ...headers }, body });
      const headersMs = performance.now() - begun;
      await answer.body.dump();
      const text = (name: string): string => String(answer.headers[name] ?? "");
      return { status: answer.statusCode, servedBy: text("x-served-by"), reason: text("x-sluice-reason"), headersMs };
    } catch (error) {
      const { message } = error as Error;
      return { status: 0, servedBy: "", reason: "", headersMs: performance.now() - begun, error: message };
    }
  }
  return {
    ask: (headers = {}, path = "/status/200") => send("GET", path, headers),
    post: (headers = {}, path = "/status/200") => send("POST", path, headers),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

/** `site-a/stable/1` in parts. */
export const siteOf = ({ servedBy }: { readonly servedBy: string }): string => servedBy.split("/")[0] ?? "";
export const channelOf = ({ servedBy }: { readonly servedBy: string }): string => servedBy.split("/")[1] ?? "";

/** Every one was answered with 200 by some backend; else says which weren't, with how often. */
export function assertAnswered(seen: readonly Seen[]): void {
  const told = ({ status, reason, error }: Seen): string => `${status} ${reason}${error ?? ""}`.trim();
  const bad = countBy(
    seen.filter(({ status, servedBy }) => status !== 200 || servedBy === ""),
    told,
  );
  assert.deepEqual(Object.fromEntries(bad), {}, `of ${seen.length} requests`);
}

/** A move has settled: forty requests in a row are answered, all by this site. Those before may have been refused within the budget. */
export async function untilServedBy(crowd: Crowd, site: string): Promise<void> {
  await until(`${site} serves, and nobody is refused`, async () => {
    const seen = await many(40, 4, () => crowd.ask());
    return seen.every((one) => one.status === 200 && siteOf(one) === site) || undefined;
  });
}
