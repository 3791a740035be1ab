import { type Spread, spreadOf } from "../spread.ts";
import type { Played } from "./play-series.ts";
import type { Move } from "./round.ts";

export type Aim = { readonly what: string; readonly measured: string; readonly limit: string; readonly isMet: boolean };

export const heading: readonly string[] = [
  "series",
  "on Site B",
  "rounds",
  ...["ours", "gdnsd", "ratio"].flatMap((who) => ["min", "median", "p99"].map((figure) => `${who} ${figure}`)),
];

/** Two rows: until the first answer was Site B's, and until all were. Times in seconds; a ratio is ours by gdnsd's. */
export function rowsOf({ series, rounds }: Played): readonly (readonly string[])[] {
  const row = (what: string, timeOf: (move: Move) => number): string[] => {
    const ours = spreadOf(rounds.map((round) => timeOf(round.ours)));
    const theirs = spreadOf(rounds.flatMap(({ theirs: move }) => (move ? [timeOf(move)] : [])));
    const ratios = figures.map((figure) => (ours && theirs ? (ours[figure] / theirs[figure]).toFixed(2) : "–"));
    return [series.name, what, String(rounds.length), ...seconds(ours), ...seconds(theirs), ...ratios];
  };
  return [row("the first answer", (move) => move.firstMs), row("all answers", (move) => move.allMs)];
}

const figures = ["min", "median", "p99"] as const;

const seconds = (spread: Spread | undefined): string[] =>
  figures.map((figure) => (spread ? inSeconds(spread[figure]) : "–"));

const inSeconds = (ms: number): string => (ms / 1_000).toFixed(2);

const slowestMsMax = 5_000;

/** What each series set out to show, and the slowest round of all in which no leader was lost with the site. */
export function aimsOf(played: readonly Played[]): readonly Aim[] {
  const ratios = played.flatMap(({ series, rounds }): Aim[] => {
    const ours = spreadOf(rounds.map((round) => round.ours.allMs));
    const theirs = spreadOf(rounds.flatMap(({ theirs: move }) => (move ? [move.allMs] : [])));
    if (series.ratioMax === undefined || !ours || !theirs) return [];
    const ratio = ours.median / theirs.median;
    const what = `${series.name}: our median to all answers as a share of gdnsd's`;
    return [{ what, measured: ratio.toFixed(3), limit: String(series.ratioMax), isMet: ratio < series.ratioMax }];
  });
  const slowest = spreadOf(
    played.flatMap(({ series, rounds }) =>
      series.ratioMax === undefined ? [] : rounds.map((round) => round.ours.allMs),
    ),
  );
  if (!slowest) return ratios;
  const [measured, limit] = [inSeconds(slowest.max), inSeconds(slowestMsMax)].map((text) => `${text} s`);
  const what = "slowest of our rounds with the leader at the witness";
  return [...ratios, { what, measured: measured ?? "", limit: limit ?? "", isMet: slowest.max < slowestMsMax }];
}
