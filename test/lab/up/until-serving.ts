import { type Config, SluiceError } from "@sluice/core";
import { request, sleep } from "@sluice/runtime";

const patienceMs = 15_000;
const lookEveryMs = 50;
const askMs = 1_000;

/**
 * Waits until every nameserver and gateway serves. They run before that: on a lab's very first start they wait for votes, a
 * leader and its first snapshot. Answers who doesn't serve after 15 s, for the processes are there and may be asked why.
 */
export async function untilServing(config: Config, signal: AbortSignal): Promise<readonly string[]> {
  const until = performance.now() + patienceMs;
  let waiting = [...config.nameservers, ...config.gateways];
  while (!signal.aborted) {
    const serves = await Promise.all(waiting.map(({ url }) => isServing(url, signal)));
    waiting = waiting.filter((_, at) => !serves[at]);
    if (waiting.length === 0 || performance.now() > until) break;
    await sleep(lookEveryMs, signal);
  }
  return waiting.map(({ name }) => name);
}

async function isServing(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { status } = await request({ url: `${url}/readyz`, timeoutMs: askMs, signal });
    return status === 200;
  } catch (error) {
    if (signal.aborted || error instanceof SluiceError) return false;
    throw error;
  }
}
