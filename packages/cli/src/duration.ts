import { SluiceError } from "@sluice/core";

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `2h`, `1d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) throw new SluiceError("USAGE", `${text} is not a duration`, { hint: "Write 90s, 15m, 2h or 1d." });
  return Number(match[1]) * units[match[2] as keyof typeof units];
}
