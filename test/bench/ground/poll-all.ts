import type { Config } from "@sluice/core";
import { type Poll, startPoll } from "@sluice/lab";

const pollEveryMs = 50;
const timeoutMs = 1_000;

/** Asks every nameserver for the first service's name until the signal, 20 times a second. */
export const pollAll = ({ nameservers, services, sites }: Config, signal: AbortSignal): Poll =>
  startPoll({
    servers: nameservers,
    question: { name: services[0]?.host ?? "", type: "A" },
    siteOf: (address) => sites.find((site) => site.addresses.includes(address))?.name,
    intervalMs: pollEveryMs,
    timeoutMs,
    signal,
  });
