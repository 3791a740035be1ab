// Loaded before a process of ours by `--import`: its wall clock is wrong by SLUICE_SKEW_MS, and its monotonic clock is not.
const skewMs = Number(process.env["SLUICE_SKEW_MS"] ?? 0);
const now = Date.now.bind(Date);
const Original = Date;

class SkewedDate extends Original {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(now() + skewMs);
    else super(...args);
  }
  static override now(): number {
    return now() + skewMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
