import { query } from "@sluice/dns";
import { systemClock } from "@sluice/runtime";
import type { Door } from "./exchange.ts";

export type NameOptions = {
  readonly host: string;
  /** Asked one after the other until one answers, as a resolver does. */
  readonly nameservers: readonly Door[];
  readonly signal: AbortSignal;
};

/** The address that a name has for one household, kept for its TTL. */
export interface FollowedName {
  /** Rejects when no nameserver answers with an address and the last one has run out. */
  address(): Promise<string>;
}

const askTimeoutMs = 500;
/** Each server is asked so often before there is no address, as the stub resolver of glibc does (resolv.conf(5)). */
const rounds = 2;

/**
 * A resolver with one entry: it asks when the TTL is over and not before, so a load that goes through it moves as slowly as real
 * clients do. Whoever asks while it asks waits for the same answer.
 */
export function followName(options: NameOptions): FollowedName {
  let kept: { readonly address: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;
  let turn = Math.floor(Math.random() * options.nameservers.length);

  async function ask(): Promise<string> {
    let last: unknown = new Error("no nameserver has an address");
    for (let tries = 0; tries < rounds * options.nameservers.length; tries += 1) {
      const server = options.nameservers[turn++ % options.nameservers.length] as Door;
      try {
        const { host: name, signal } = options;
        const { answers } = await query({ server, name, type: "A", timeoutMs: askTimeoutMs, signal });
        const found = answers.find((record) => record.type === "A");
        if (!found) continue;
        kept = { address: found.data, untilMs: systemClock.monotonicMs() + found.ttl * 1000 };
        return found.data;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  return {
    address() {
      if (kept && systemClock.monotonicMs() < kept.untilMs) return Promise.resolve(kept.address);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
