/** One figure of one round; or why there is none. */
export type Measured =
  | { readonly kind: "measured"; readonly value: number }
  | { readonly kind: "void"; readonly because: string };

export type Round<N extends string> = ReadonlyMap<N, Measured>;

/** All of them once a round, one after the other, in an order that changes, so that what the machine does meanwhile hits all. */
export async function playRounds<N extends string>(
  plan: { readonly names: readonly N[]; readonly rounds: number; readonly signal: AbortSignal },
  measure: (name: N) => Promise<Measured>,
): Promise<readonly Round<N>[]> {
  const rounds: Round<N>[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const measured = new Map<N, Measured>();
    for (const name of orderOf(plan.names, round)) {
      if (plan.signal.aborted) return rounds;
      measured.set(name, await measure(name));
    }
    rounds.push(measured);
  }
  return rounds;
}

/** Each begins in its turn, and every second round goes on backwards from there: nobody always follows the same one. */
export function orderOf<N>(names: readonly N[], round: number): readonly N[] {
  const at = round % names.length;
  const turned = [...names.slice(at), ...names.slice(0, at)];
  return round % 2 === 0 ? turned : [...turned.slice(0, 1), ...turned.slice(1).toReversed()];
}

/** What was measured of one, in the rounds that aren't void. */
export const valuesOf = <N extends string>(rounds: readonly Round<N>[], name: N): readonly number[] =>
  rounds.flatMap((round) => valueOf(round, name) ?? []);

/** Round by round, so that both have had the same minute of the machine. */
export const ratiosOf = <N extends string>(
  rounds: readonly Round<N>[],
  [ours, theirs]: readonly [N, N],
): readonly number[] => pairsOf(rounds, [ours, theirs]).map(([one, other]) => one / other);

/** Both figures of the rounds in which neither is void. */
export function pairsOf<N extends string>(
  rounds: readonly Round<N>[],
  [one, other]: readonly [N, N],
): readonly (readonly [number, number])[] {
  return rounds.flatMap((round) => {
    const [first, second] = [valueOf(round, one), valueOf(round, other)];
    return first === undefined || second === undefined ? [] : [[first, second] as const];
  });
}

/** `HTTP/2, round 3, haproxy is void: 12 5xx`. */
export function voidsOf<N extends string>(series: string, rounds: readonly Round<N>[]): readonly string[] {
  return rounds.flatMap((round, index) =>
    [...round].flatMap(([name, measured]) =>
      measured.kind === "void" ? [`${series}, round ${index + 1}, ${name} is void: ${measured.because}`] : [],
    ),
  );
}

function valueOf<N extends string>(round: Round<N>, name: N): number | undefined {
  const measured = round.get(name);
  return measured?.kind === "measured" ? measured.value : undefined;
}
