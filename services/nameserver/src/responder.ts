import { answer, errorReply, rcodes } from "@sluice/dns";
import type { Logger } from "@sluice/runtime";
import type { NameserverMetrics } from "./metrics.ts";
import type { Shelf } from "./shelf.ts";
import type { Responder } from "./sockets.ts";
import type { Wake } from "./wake.ts";

type Deps = {
  readonly shelf: Shelf;
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
      const reply = answer(shelf.current()?.zone, query, { transport, draw: Math.random() });
      count(reply ? String((reply[3] ?? 0) & 0x0f) : "dropped");
      return reply;
    } catch (error) {
      metrics.failures.inc();
      logger.error({ err: error }, "a query could not be answered");
      return query.length >= 12 ? errorReply(query, rcodes.servfail) : undefined;
    }
  };
}
