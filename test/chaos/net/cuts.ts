import { openWay } from "./lay.ts";
import { addressOf, core, type Place, within } from "./places.ts";
import { run } from "./run.ts";

/** What is dropped in the core without a word: one direction, whole or by its ports. */
export type Cut = {
  readonly from: Place;
  readonly to: Place;
  /** Only what goes to these TCP ports. */
  readonly toPorts?: readonly number[];
  /** Only what comes from these TCP ports: the replies of whoever listens there. */
  readonly fromPorts?: readonly number[];
  /** Tell the sender with a reset, instead of saying nothing. */
  readonly isReset?: boolean;
};

export const cut = async (cuts: readonly Cut[]): Promise<void> =>
  void (await run([...within(core), "nft", cuts.map((each) => `add rule ip chaos cut ${ruleOf(each)}`).join("; ")]));

/** Everything that was cut by rules passes again. */
export const mend = async (): Promise<void> => void (await run([...within(core), "nft", "flush chain ip chaos cut"]));

export const bothWays = (one: Place, other: Place): readonly Cut[] => [
  { from: one, to: other },
  { from: other, to: one },
];

/** A whole place, silent to all the others. */
export const around = (place: Place, others: readonly Place[]): readonly Cut[] =>
  others.filter((other) => other !== place).flatMap((other) => bothWays(place, other));

/** The link itself: whoever sends there is told at once that there is no way. */
export const linkDown = async (place: Place): Promise<void> =>
  void (await run(["ip", "-n", core, "link", "set", place, "down"]));
export const linkUp = openWay;

function ruleOf({ from, to, toPorts, fromPorts, isReset }: Cut): string {
  const ports = (side: "dport" | "sport", list: readonly number[] | undefined): string =>
    list ? `tcp ${side} { ${list.join(", ")} } ` : "";
  const verdict = isReset ? "reject with tcp reset" : "drop";
  return `ip saddr ${addressOf(from)} ip daddr ${addressOf(to)} ${ports("dport", toPorts)}${ports("sport", fromPorts)}${verdict}`;
}
