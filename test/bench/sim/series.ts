/** What the simulated agents meet. */
export type Series = {
  readonly name: string;
  /** The share of single looks that fail, each by itself. */
  readonly failing: number;
  /** How long a look takes that fails: refused within milliseconds, or silent until the deadline. */
  readonly failure: "refused" | "silent";
  /** One agent, another with each seed, sees every look fail from beginning to end, and its self-check is well. */
  readonly hasBlindVantage: boolean;
  /** The most false moves a service-hour; undefined where the row is for information. */
  readonly aim: number | undefined;
};

export const allSeries: readonly Series[] = [
  { name: "refused", failing: 0.1, failure: "refused", hasBlindVantage: false, aim: 0.01 },
  { name: "silent", failing: 0.1, failure: "silent", hasBlindVantage: false, aim: 0.01 },
  { name: "one vantage blind, refused", failing: 0, failure: "refused", hasBlindVantage: true, aim: 0 },
  { name: "one vantage blind, silent", failing: 0, failure: "silent", hasBlindVantage: true, aim: 0 },
  // A blind vantage and a majority of two: now one other agent's false `down` is enough. What that costs should be known.
  { name: "both, refused", failing: 0.1, failure: "refused", hasBlindVantage: true, aim: undefined },
];
