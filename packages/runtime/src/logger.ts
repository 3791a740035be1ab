import { type Logger, pino } from "pino";

export type { Logger };

/** One JSON line per event on standard output. No transports: they are worker files, and those do not survive bundling. */
export function makeLogger(options: {
  readonly service: string;
  readonly name: string;
  readonly level?: string;
  /** Lines go here instead of to standard output; the directory must be there. */
  readonly file?: string;
}): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { service: options.service, name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["token", "*.token", "authorization", "*.authorization", "privatePem", "*.privatePem"],
  };
  return options.file === undefined ? pino(settings) : pino(settings, pino.destination({ dest: options.file }));
}
