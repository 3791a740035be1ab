import { type Decision, formatCause } from "@sluice/core";
import { openGround } from "./ground.ts";
import { playRound, type Round } from "./round.ts";
import type { Series } from "./series.ts";
import { unaskedMoves } from "./unasked-moves.ts";

/** What came of one series. `failure` says why it ended early; the rounds before it still count. */
export type Played = {
  readonly series: Series;
  readonly rounds: readonly Round[];
  readonly unasked: readonly Decision[];
  readonly failure: string | undefined;
};

export type PlayOptions = {
  readonly rounds: number;
  /** gdnsd takes part in so many of them. */
  readonly rivalRounds: number;
  readonly gdnsd: string;
  readonly directory: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Starts a lab and gdnsd, plays the rounds, and ends both. */
export async function playSeries(series: Series, options: PlayOptions): Promise<Played> {
  const rounds: Round[] = [];
  let unasked: readonly Decision[] = [];
  try {
    const { gdnsd, directory, signal } = options;
    const isAlone = series.ratioMax === undefined;
    await using ground = await openGround({ series, directory, gdnsd: isAlone ? undefined : gdnsd, signal });
    for (let number = 1; number <= Math.min(options.rounds, series.roundsMax ?? options.rounds); number += 1) {
      const round = await playRound(ground, series.fault, { withRival: number <= options.rivalRounds, signal });
      rounds.push(round);
      options.say(`${series.name}, round ${number}: ${sayRound(round)}`);
    }
    unasked = await unaskedMoves(ground.client, rounds);
    for (const { service, cause, because } of unasked)
      options.say(`${series.name}: nobody asked for ${formatCause(cause)} of ${service}, because ${because}`);
    return { series, rounds, unasked, failure: undefined };
  } catch (error) {
    return { series, rounds, unasked, failure: error instanceof Error ? error.message : String(error) };
  }
}

const sayRound = ({ ours, theirs }: Round): string =>
  `${Math.round(ours.firstMs)} to ${Math.round(ours.allMs)} ms${theirs ? `, gdnsd ${Math.round(theirs.allMs)} ms` : ""}`;
