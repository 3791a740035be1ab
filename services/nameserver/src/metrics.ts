import { Counter, Gauge, type Registry } from "prom-client";

/** Every metric of the nameserver, with a description an operator can act on. */
export type NameserverMetrics = ReturnType<typeof makeNameserverMetrics>;

export function makeNameserverMetrics(registry: Registry) {
  const registers = [registry];
  return {
    queries: new Counter({
      name: "sluice_nameserver_queries_total",
      help: "Queries by transport and rcode; rcode dropped is silence by the RFC, waking silence after a standstill.",
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
      help: "Snapshots from disk at the start, and offered since, by what became of them. Look at all but accept, repeat, loaded, nothing-left and older-fence.",
      labelNames: ["result"],
      registers,
    }),
    troubles: new Counter({
      name: "sluice_nameserver_socket_troubles_total",
      help: "Replies that could not be sent (udp-send) and errors of the sockets themselves (udp, tcp).",
      labelNames: ["where"],
      registers,
    }),
    notKept: new Gauge({
      name: "sluice_nameserver_snapshot_not_kept",
      help: "1 while newer snapshots can't be written to disk and so are not served: make room, or mend the state directory.",
      registers,
    }),
    configRevision: new Gauge({
      name: "sluice_nameserver_config_revision",
      help: "Revision of the configuration whose arbiters are followed; 0 is the file's.",
      registers,
    }),
    epoch: new Gauge({ name: "sluice_nameserver_epoch", help: "Epoch of the fence being served.", registers }),
    sequence: new Gauge({ name: "sluice_nameserver_sequence", help: "Sequence of the fence being served.", registers }),
  };
}
