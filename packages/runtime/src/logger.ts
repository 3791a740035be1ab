import { type Logger, pino } from "pino";

export type { Logger };

export type LoggerOptions = { readonly service: string; readonly name: string; readonly level?: string };

/** One JSON line per event on standard output. No transports: they are worker files, and those do not survive bundling. */
export function makeLogger(
  options: LoggerOptions & {
    /** Lines go here instead of to standard output; the directory must be there. */
    readonly file?: string;
  },
): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { service: options.service, name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ["token", "*.token", "authorization", "*.authorization", "privatePem", "*.privatePem"],
  };
  return options.file === undefined ? pino(settings) : pino(settings, pino.destination({ dest: options.file }));
}

/** Unit: bytes. Lines wait until there are so many of them, or for so long, and are then written together. A pipe holds twice as much. */
const bufferBytes = 32_768;
const bufferMs = 250;

/**
 * Writes lines to standard output in the background and many at a time: for what is told of every request, where a system
 * call for each line takes longer than the request. A process that is killed loses the last quarter of a second of them; one
 * that ends does not. Lines are ASCII, which is quicker to copy.
 */
export function makeLineWriter(): (line: string) => void {
  const destination = pino.destination({ fd: 1, sync: false, contentMode: "buffer", maxWrite: bufferBytes * 2 });
  let held = "";
  const pass = (): void => {
    if (held !== "") destination.write(Buffer.from(held, "latin1") as never);
    held = "";
  };
  setInterval(pass, bufferMs).unref();
  process.once("exit", () => {
    pass();
    destination.flushSync();
  });
  return (line) => {
    held += line;
    if (held.length >= bufferBytes) pass();
  };
}
