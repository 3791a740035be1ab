import { spreadOf } from "../spread.ts";
import { formatTable } from "../table.ts";

/** What a series has to say at its end. */
export type Report = {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly aims: readonly Aim[];
  /** Void rounds, and what else a reader must know. */
  readonly notes: readonly string[];
};

/** A figure that was set out to be reached; `measured` undefined when nothing could be measured, which is a miss. */
export type Aim = {
  readonly what: string;
  readonly measured: number | undefined;
  readonly is: "at least" | "at most" | "below";
  readonly limit: number;
  readonly unit: string;
};

export function isMet({ measured, is, limit }: Aim): boolean {
  if (measured === undefined) return false;
  switch (is) {
    case "at least":
      return measured >= limit;
    case "at most":
      return measured <= limit;
    case "below":
      return measured < limit;
    default:
      return is satisfies never;
  }
}

export function formatReport({ heading, rows, aims, notes }: Report): string {
  return [formatTable(heading, rows), ...notes, ...aims.map(sayAim)].join("\n");
}

export function sayAim(aim: Aim): string {
  const measured = aim.measured === undefined ? "not measured" : withUnit(aim.measured, aim.unit);
  return `${aim.what}: ${measured}, aim ${aim.is} ${withUnit(aim.limit, aim.unit)}: ${isMet(aim) ? "met" : "missed"}`;
}

/** Minimum, median and maximum as three cells. */
export function spreadCells(values: readonly number[], digits: number): readonly string[] {
  const spread = spreadOf(values);
  if (!spread) return ["–", "–", "–"];
  return [spread.min, spread.median, spread.max].map((value) => value.toFixed(digits));
}

export const medianOf = (values: readonly number[]): number | undefined => spreadOf(values)?.median;

/** Three digits that tell something: 12,345 and 2.47. */
const withUnit = (value: number, unit: string): string =>
  `${Number.isInteger(value) || Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toPrecision(3)}${unit === "" ? "" : ` ${unit}`}`;
