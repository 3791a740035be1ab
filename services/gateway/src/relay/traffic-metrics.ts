import { Counter, Histogram, type Registry } from "prom-client";
import { memoize } from "./memo.ts";
import type { RequestRecord } from "./record.ts";

/**
 * Fine enough that a shift of 500 ms shows up to 12 s: at most a quarter of a second wide up to 3 s, half a second up to 12 s
 * (vLLM's own are 2.5 s wide there), then coarser. Unit: seconds.
 */
const buckets = [
  0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11, 11.5, 12, 15, 20, 30, 60, 120,
  300,
];

const labels = ["service", "channel", "site", "protocol"] as const;

/** Requests as the gateway saw them. `site` is where they were served; another site's were passed on. */
export interface TrafficMetrics {
  note(record: RequestRecord): void;
}

/** Requests that were alike in all that is counted by. */
type Series = {
  readonly requests: Counter.Internal;
  readonly firstByte: Histogram.Internal<string>;
  /** Since somebody last asked for the metrics. */
  count: number;
};

export function makeTrafficMetrics(registry: Registry): TrafficMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "sluice_gateway_requests_total",
    help: "Requests that have ended. `outcome` is what was learnt of the pool (success, failure, saturated, neither, or own: the gateway answered itself), `because` the class of it.",
    labelNames: [...labels, "code", "outcome", "because"],
    registers,
    collect() {
      for (const series of known.values()) {
        if (series.count > 0) series.requests.inc(series.count);
        series.count = 0;
      }
    },
  });
  const firstByte = new Histogram({
    name: "sluice_gateway_first_byte_seconds",
    help: "From a request's head to the first byte of its answer: its head, or for an event stream its first event.",
    labelNames: [...labels],
    buckets,
    registers,
  });
  const retries = new Counter({
    name: "sluice_gateway_retries_total",
    help: "Requests that were sent a second time, to the next endpoint or site.",
    labelNames: [...labels],
    registers,
  });
  // Looking a child up by its labels costs more than counting, so each is looked up once, and told of many at a time.
  const known = new Map<string, Series>();

  const seriesOf = memoize((record: RequestRecord): Series => {
    const { service = "", channel = "", site = "", protocol, status, grpcStatus, outcome } = record;
    const because = becauseOf(record);
    const kind = outcome?.kind ?? "own";
    const key = `${service}\0${channel}\0${site}\0${protocol}\0${status}\0${grpcStatus}\0${kind}\0${because}`;
    const standing = known.get(key);
    if (standing) return standing;
    const values = [service, channel, site, protocol];
    const code = grpcStatus === undefined ? String(status) : `grpc-${grpcStatus}`;
    const series = {
      requests: requests.labels(...values, code, kind, because),
      firstByte: firstByte.labels(...values),
      count: 0,
    };
    known.set(key, series);
    return series;
  });

  return {
    note(record) {
      const series = seriesOf(record);
      series.count += 1;
      if (record.firstByteMs !== undefined) series.firstByte.observe(record.firstByteMs / 1_000);
      if (record.attempts < 2) return;
      const { service = "", channel = "", site = "", protocol } = record;
      retries.labels(service, channel, site, protocol).inc();
    },
  };
}

function becauseOf({ outcome, reason }: RequestRecord): string {
  if (outcome === undefined) return reason === undefined ? "" : "own";
  return "because" in outcome ? outcome.because : "";
}
