import type { EpochMs } from "./model.ts";

/**
 * A date as text, `2026-03-01T04:05:06.789Z`, worked out by arithmetic: the core has no Date. Days to civil date after
 * Howard Hinnant's `civil_from_days`.
 */
export function formatDate(at: EpochMs): string {
  const days = Math.floor(at / 86_400_000);
  const ms = at - days * 86_400_000;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const time = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1_000) % 60]
    .map(two)
    .join(":");
  return `${year}-${two(month)}-${two(day)}T${time}.${String(Math.floor(ms) % 1_000).padStart(3, "0")}Z`;
}

const two = (value: number): string => String(value).padStart(2, "0");
