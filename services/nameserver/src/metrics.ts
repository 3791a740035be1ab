import { Counter, Gauge, type Registry } from "prom-client";

/** Every metric of the nameserver, with a description an operator can act on. */
export type NameserverMetrics = ReturnType<typeof makeNameserverMetrics>;

export function makeNameserverMetrics(registry: Registry) {
  const registers = [registry];
  return {
    queries: new Counter({
      name: "sluice_nameserver_queries_total",
      help: "Queries by transport and rcode; rcode dropped is silence by the RFC.",
      labelNames: ["transport", "rcode"],
      registers,
    }),
    failures: new Counter({
      name: "sluice_nameserver_failures_total",
      help: "Queries whose answering threw and were answered SERVFAIL. Any is a mistake of ours: report it.",
      registers,
    }),
    offers: new Counter({
      name: "sluice_nameserver_snapshots_total",
      help: "Snapshots offered, by what became of them. A refusal other than older-fence deserves a look.",
      labelNames: ["result"],
      registers,
    }),
    epoch: new Gauge({ name: "sluice_nameserver_epoch", help: "Epoch of the fence being served.", registers }),
    sequence: new Gauge({ name: "sluice_nameserver_sequence", help: "Sequence of the fence being served.", registers }),
  };
}
