import { type Logger, pino } from "pino";

export type { Logger };

/** One JSON line per event on standard output. No transports: they are worker files, and those do not survive bundling. */
export function makeLogger(options: {
  readonly service: string;
  readonly name: string;
  readonly level?: string;
}): Logger {
  return pino({
    level: options.level ?? "info",
    base: { service: options.service, name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["token", "*.token", "authorization", "*.authorization", "privatePem", "*.privatePem"],
  });
}
