import { type Poll, startPoll } from "@sluice/lab";
import type { DrillFacts } from "./facts.ts";

const pollEveryMs = 20;
const pollTimeoutMs = 1_000;

/** Asks every nameserver for the service's address, again and again, until the signal. */
export function startPolling(facts: DrillFacts, signal: AbortSignal): Poll {
  const siteOf = (address: string): string | undefined =>
    facts.config.sites.find((site) => site.addresses.includes(address))?.name;
  return startPoll({
    servers: facts.config.nameservers,
    question: { name: facts.service.host, type: "A" },
    siteOf,
    intervalMs: pollEveryMs,
    timeoutMs: pollTimeoutMs,
    signal,
  });
}
