import { Counter, Gauge, type Registry } from "prom-client";

/** The metrics of the frame; those of requests are the data path's. */
export type GatewayMetrics = ReturnType<typeof makeGatewayMetrics>;

export function makeGatewayMetrics(registry: Registry) {
  const registers = [registry];
  return {
    offers: new Counter({
      name: "sluice_gateway_snapshots_total",
      help: "Snapshots from disk at the start, and offered since, by what became of them. Look at all but accept, repeat, loaded, nothing-left and older-fence.",
      labelNames: ["result"],
      registers,
    }),
    notKept: new Gauge({
      name: "sluice_gateway_snapshot_not_kept",
      help: "1 while newer snapshots can't be written to disk and so are not served: make room, or mend the state directory.",
      registers,
    }),
    configRevision: new Gauge({
      name: "sluice_gateway_config_revision",
      help: "Revision of the configuration whose arbiters are followed; 0 is the file's.",
      registers,
    }),
    epoch: new Gauge({ name: "sluice_gateway_epoch", help: "Epoch of the fence being served.", registers }),
    sequence: new Gauge({ name: "sluice_gateway_sequence", help: "Sequence of the fence being served.", registers }),
    serving: new Gauge({
      name: "sluice_gateway_serving",
      help: "1 once clients are listened for; 0 while no snapshot with routes has come.",
      registers,
    }),
    draining: new Gauge({
      name: "sluice_gateway_draining",
      help: "1 while clients are bidden to go elsewhere.",
      registers,
    }),
  };
}
