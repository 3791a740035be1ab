/** A Prometheus histogram with fixed buckets. */
export type Histogram = {
  observe(value: number): void;
  /** Lines of Prometheus text, its type first. */
  render(): string[];
};

/** `bounds` are inclusive upper ends in rising order; `+Inf` is added. */
export function makeHistogram(name: string, labels: string, bounds: readonly number[]): Histogram {
  // Cumulative already: a value counts in each bucket whose end it doesn't pass, which is how Prometheus reads them.
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    observe(value) {
      count += 1;
      sum += value;
      for (const [index, bound] of bounds.entries()) if (value <= bound) counts[index] = (counts[index] ?? 0) + 1;
    },
    render: () => [
      `# TYPE ${name} histogram`,
      ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${counts[index]}`),
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${count}`,
    ],
  };
}
