import { type Durable, type Event, formatFence, type ServiceSnapshot } from "@sluice/core";
import { query } from "@sluice/dns";
import type { Clock } from "@sluice/ports";

const askTimeoutMs = 500;
const verifyForMs = 10_000;
const pauseMs = 100;
/** Services asked about in one verification; of more, the first ones. The fence is asked for in any case. */
const servicesMax = 50;

type Nameserver = Durable["config"]["nameservers"][number];

/** What one nameserver said: nothing, or its fence and, per service, whether the answer is one of those decided. */
type Seen = { readonly fence: string | undefined; readonly right: ReadonlySet<string> } | undefined;

/**
 * Asks every nameserver over the wire until all that can be reached answer as decided, for 10 s at most. It looks at what
 * the world answers, not at what nodes acknowledged.
 */
export async function verify(
  deps: { readonly clock: Clock; readonly sleep: (ms: number, signal: AbortSignal) => Promise<void> },
  durable: Durable,
  signal: AbortSignal,
): Promise<readonly Event[]> {
  const { snapshot, config } = durable;
  if (!snapshot) return [];
  const services = snapshot.services.slice(0, servicesMax);
  const wanted = formatFence(snapshot.fence);
  const until = deps.clock.monotonicMs() + verifyForMs;
  const look = (nameserver: Nameserver): Promise<Seen> => lookAt(nameserver, snapshot.zone.name, { services, signal });
  for (;;) {
    const seen = await Promise.all(config.nameservers.map(look));
    const isRight = (index: number, service: string): boolean =>
      seen[index]?.fence === wanted && seen[index].right.has(service);
    const isSettled = seen.every((one, at) => !one || services.every(({ service }) => isRight(at, service)));
    const isOver = deps.clock.monotonicMs() >= until || signal.aborted;
    if ((isSettled && seen.some(Boolean)) || isOver) {
      const names = config.nameservers.map((nameserver) => nameserver.name);
      return services.map(({ service }) => ({
        kind: "verified",
        service,
        fence: snapshot.fence,
        servers: names.filter((_, index) => isRight(index, service)),
        missing: names.filter((_, index) => !isRight(index, service)),
      }));
    }
    await deps.sleep(pauseMs, signal);
  }
}

type Looking = { readonly services: readonly ServiceSnapshot[]; readonly signal: AbortSignal };

/** Undefined when the nameserver does not answer at all. */
async function lookAt(nameserver: Nameserver, zone: string, { services, signal }: Looking): Promise<Seen> {
  const { address, port } = nameserver;
  const ask = { server: { address, port }, timeoutMs: askTimeoutMs, signal };
  try {
    const told = await query({ ...ask, name: `_sluice-fence.${zone}`, type: "TXT" });
    const answers = await Promise.all(
      services.map((service) => query({ ...ask, name: service.host, type: kindOf(service) })),
    );
    const right = services.filter((service, index) => {
      const given = answers[index]?.answers.map((record) => record.data) ?? [];
      return (
        given.length > 0 && service.choices.some(({ addresses }) => given.every((each) => addresses.includes(each)))
      );
    });
    const fence = told.answers.find((record) => record.type === "TXT")?.data;
    return { fence, right: new Set(right.map((service) => service.service)) };
  } catch {
    return undefined;
  }
}

/** IPv4 where there is any. A text with a colon is IPv6 (RFC 4291 §2.2). */
const kindOf = (service: ServiceSnapshot): "A" | "AAAA" =>
  service.choices.some(({ addresses }) => addresses.some((address) => !address.includes(":"))) ? "A" : "AAAA";
