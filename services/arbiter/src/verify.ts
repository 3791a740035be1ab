import { type Durable, type Event, formatFence, type ServiceSnapshot } from "@sluice/core";
import { query } from "@sluice/dns";
import type { Clock } from "@sluice/ports";

const askTimeoutMs = 500;
const verifyForMs = 10_000;
const pauseMs = 100;

/**
 * Asks every nameserver over the wire until all that can be reached answer as decided, for 10 s at most. It looks at what
 * the world answers, not at what nodes acknowledged.
 */
export async function verify(
  deps: { readonly clock: Clock; readonly sleep: (ms: number, signal: AbortSignal) => Promise<void> },
  durable: Durable,
  signal: AbortSignal,
): Promise<readonly Event[]> {
  const { snapshot } = durable;
  if (!snapshot) return [];
  const until = deps.clock.monotonicMs() + verifyForMs;
  for (;;) {
    const seen = await Promise.all(
      durable.config.nameservers.map((nameserver) => fenceAt(nameserver, snapshot.zone.name, signal)),
    );
    const wanted = formatFence(snapshot.fence);
    const names = durable.config.nameservers.map((nameserver) => nameserver.name);
    const servers = names.filter((_, index) => seen[index] === wanted);
    const missing = names.filter((_, index) => seen[index] !== wanted);
    const isSettled = seen.every((fence) => fence === wanted || fence === undefined);
    if ((isSettled && servers.length > 0) || deps.clock.monotonicMs() >= until || signal.aborted) {
      return snapshot.services.map((service: ServiceSnapshot) => ({
        kind: "verified",
        service: service.service,
        fence: snapshot.fence,
        servers,
        missing,
      }));
    }
    await deps.sleep(pauseMs, signal);
  }
}

/** The fence a nameserver says it serves, or undefined when it does not answer. */
async function fenceAt(
  nameserver: { address: string; port: number },
  zone: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { address, port } = nameserver;
    const name = `_sluice-fence.${zone}`;
    const answer = await query({ server: { address, port }, name, type: "TXT", timeoutMs: askTimeoutMs, signal });
    return answer.answers.find((record) => record.type === "TXT")?.data;
  } catch {
    return undefined;
  }
}
