import { Counter, Histogram, type Registry } from "prom-client";
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

type Series = {
  readonly requests: Map<string, Counter.Internal>;
  readonly firstByte: Histogram.Internal<string>;
};

export function makeTrafficMetrics(registry: Registry): TrafficMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "sluice_gateway_requests_total",
    help: "Requests that have ended. `outcome` is what was learnt of the pool (success, failure, saturated, neither, or own: the gateway answered itself), `because` the class of it.",
    labelNames: [...labels, "code", "outcome", "because"],
    registers,
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
  // Looking a child up by its labels costs more than counting, so each is looked up once.
  const known = new Map<string, Series>();

  function seriesOf(values: readonly string[]): Series {
    const key = values.join("\0");
    const standing = known.get(key);
    if (standing) return standing;
    const series = { requests: new Map(), firstByte: firstByte.labels(...values) } as Series;
    known.set(key, series);
    return series;
  }

  return {
    note(record) {
      const { service = "", channel = "", site = "", protocol, status, grpcStatus, outcome, firstByteMs } = record;
      const values = [service, channel, site, protocol];
      const series = seriesOf(values);
      const code = grpcStatus === undefined ? String(status) : `grpc-${grpcStatus}`;
      const because =
        outcome === undefined
          ? record.reason === undefined
            ? ""
            : "own"
          : "because" in outcome
            ? outcome.because
            : "";
      const key = `${code}\0${outcome?.kind ?? "own"}\0${because}`;
      let counter = series.requests.get(key);
      if (!counter) {
        counter = requests.labels(...values, code, outcome?.kind ?? "own", because);
        series.requests.set(key, counter);
      }
      counter.inc();
      if (firstByteMs !== undefined) series.firstByte.observe(firstByteMs / 1_000);
      if (record.attempts > 1) retries.labels(...values).inc();
    },
  };
}
