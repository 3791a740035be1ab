import type { ProbeConfig } from "@sluice/core";
import { fetchOnce } from "./fetch-once.ts";
import { type Attempt, Unclear } from "./look.ts";

type MetricProbe = Extract<ProbeConfig, { kind: "metric" }>;

/** An endpoint picker of a large pool tells hundreds of kilobytes. Unit: bytes. */
const metricsBytesMax = 4_194_304;

/**
 * Well when a metric is at least `min`. Where several samples bear the labels their sum counts. A metric that isn't there says
 * nothing either way: its server may just have started.
 */
export const lookMetric =
  (probe: MetricProbe): Attempt =>
  async (pinned, options) => {
    const ask = { path: probe.path, tls: probe.tls, bytesMax: metricsBytesMax };
    const { status, body } = await fetchOnce(pinned, ask, options);
    if (status !== 200) throw new Error(`${probe.path}: status ${status}`);
    const values = samplesOf(body, probe.metric).flatMap(({ labels, value }) =>
      Object.entries(probe.labels).every(([name, wanted]) => labels.get(name) === wanted) ? [value] : [],
    );
    if (values.length === 0) throw new Unclear(`no ${probe.metric} in ${probe.path}`);
    const sum = values.reduce((total, value) => total + value, 0);
    // NaN is no amount, and less than any.
    if (!(sum >= probe.min)) throw new Error(`${probe.metric} is ${sum}, less than ${probe.min}`);
    return undefined;
  };

type Sample = { readonly labels: ReadonlyMap<string, string>; readonly value: number };

/** The samples of one metric in Prometheus' text format 0.0.4, or OpenMetrics'. Lines that are neither are left out. */
export function samplesOf(text: string, metric: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(metric)) continue;
    const rest = line.slice(metric.length);
    const labels = new Map<string, string>();
    const end = rest.startsWith("{") ? readLabels(rest, labels) : 0;
    // `name_total` begins with `name`, and is another metric.
    if (end === undefined || !/^\s/.test(rest.slice(end))) continue;
    const value = numberOf(rest.slice(end).trim().split(/\s/, 1)[0] ?? "");
    if (value !== undefined) samples.push({ labels, value });
  }
  return samples;
}

/** Reads `{a="1",b="2"}` and answers where it ends; undefined when it is no such thing. */
function readLabels(text: string, labels: Map<string, string>): number | undefined {
  const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
  label.lastIndex = 1;
  for (;;) {
    const at = label.lastIndex;
    const found = label.exec(text);
    if (!found) return text[at] === "}" ? at + 1 : undefined;
    labels.set(found[1] ?? "", unescape(found[2] ?? ""));
  }
}

const unescape = (text: string): string => text.replaceAll(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));

function numberOf(text: string): number | undefined {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^NaN$/i.test(text)) return Number.NaN;
  return /^[+-]?[0-9.]/.test(text) && !Number.isNaN(Number(text)) ? Number(text) : undefined;
}
