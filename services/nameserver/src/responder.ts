import { answer, type CompiledZone, errorReply, rcodes } from "@sluice/dns";
import type { Logger, Shelf, Wake } from "@sluice/runtime";
import type { NameserverMetrics } from "./metrics.ts";
import type { Responder } from "./sockets.ts";

type Deps = {
  readonly shelf: Shelf<CompiledZone>;
  readonly wake: Pick<Wake, "isCatchingUp">;
  readonly metrics: NameserverMetrics;
  readonly logger: Logger;
};

/** Answers by the snapshot on the shelf. Whatever throws is our mistake and becomes SERVFAIL: never a crash, never silence. */
export function makeResponder({ shelf, wake, metrics, logger }: Deps): Responder {
  return (query, transport) => {
    const count = (rcode: string): void => metrics.queries.inc({ transport, rcode });
    if (wake.isCatchingUp()) {
      count("waking");
      return undefined;
    }
    try {
      const reply = answer(shelf.current()?.compiled, query, { transport, draw: Math.random() });
      count(reply ? String((reply[3] ?? 0) & 0x0f) : "dropped");
      return reply;
    } catch (error) {
      metrics.failures.inc();
      logger.error({ err: error }, "a query could not be answered");
      return query.length >= 12 ? errorReply(query, rcodes.servfail) : undefined;
    }
  };
}
