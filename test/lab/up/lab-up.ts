import { join } from "node:path";
import { type Config, SluiceError } from "@sluice/core";
import { type Logger, makeLogger } from "@sluice/runtime";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@sluice/store-postgres";
import { checkAddresses } from "./check-addresses.ts";
import { type Control, openControl } from "./control.ts";
import { commandFor, type Layout, layoutOf, type Part, partsOf } from "./layout.ts";
import { type Lock, takeLock } from "./lock.ts";
import { chooseConfig, exampleConfig, prepareDirectories, prepareKeys } from "./prepare.ts";
import { identify, signalProcess } from "./process-table.ts";
import { bundlePrograms } from "./programs.ts";
import { readRunning, removeRecord, sweep, writeRecord } from "./record.ts";
import { makeSupervisor, type Running, type Supervisor } from "./supervisor.ts";
import { untilServing } from "./until-serving.ts";

export type LabOptions = {
  readonly root: string;
  /** The configuration to begin with; the lab keeps its own copy. */
  readonly configFile?: string;
  /** Use this database and start none. */
  readonly databaseUrl?: string;
  /** Asks for the end, in order. */
  readonly signal: AbortSignal;
  /** Asks for the end at once. */
  readonly hurry: AbortSignal;
  readonly say: (line: string) => void;
};

export interface Lab {
  readonly layout: Layout;
  readonly config: Config;
  readonly parts: readonly Part[];
  /** Resolves when somebody asked for the end: a signal here, or `sluice lab down` elsewhere. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Brings the whole lab up: keys, database, every process, each waited for. Ends what a killed lab left behind first. */
export async function labUp(options: LabOptions): Promise<Lab> {
  const layout = layoutOf(options.root);
  await prepareDirectories(layout);
  const lock = takeLock(layout);
  if (!lock) throw await alreadyRunning(layout);
  const end = new AbortController();
  const lab: Opening = { layout, options, lock, signal: AbortSignal.any([options.signal, end.signal]) };
  const close = async (): Promise<void> => {
    end.abort();
    await closeAll(lab);
  };
  try {
    const about = await open(lab);
    const { signal } = lab;
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    return { layout, ...about, ended, close };
  } catch (error) {
    await close();
    if (!options.signal.aborted) throw error;
    throw new SluiceError("LAB_DOWN", "the lab was ended before it was up", { cause: error });
  }
}

async function alreadyRunning(layout: Layout): Promise<SluiceError> {
  const running = await readRunning(layout);
  const who = running ? `(process ${running.supervisor.pid})` : "or just being started or ended";
  return new SluiceError("LAB_RUNNING", `a lab is already running in ${layout.root} ${who}`, {
    hint: `Use it, or end it with \`${commandFor(layout, "lab down")}\`. Nothing was changed.`,
  });
}

/** What there is of a lab so far, so that it can be ended from any point on. */
type Opening = {
  readonly layout: Layout;
  readonly options: LabOptions;
  readonly lock: Lock;
  readonly signal: AbortSignal;
  postgres?: EmbeddedPostgres;
  supervisor?: Supervisor;
  control?: Control;
};

async function open(lab: Opening): Promise<{ readonly config: Config; readonly parts: readonly Part[] }> {
  const { layout, options, signal } = lab;
  const { say } = options;
  const swept = await sweep(layout);
  if (swept > 0) say(`ended ${swept} processes that an earlier lab left running`);
  const chosen = await chooseConfig(layout, options.configFile ?? exampleConfig);
  if (chosen.isOther && options.configFile !== undefined)
    say(
      `the lab keeps the configuration it began with, ${layout.config}; change it with \`${commandFor(layout, "apply")}\``,
    );
  const parts = partsOf(chosen.config, layout);
  await checkAddresses(parts);
  await chosen.keep();
  await prepareKeys(layout, chosen.config);
  const logger = makeLogger({ service: "lab", name: "lab", file: join(layout.logs, "lab.log") });
  const about = { config: chosen.config, parts };
  const control = await openControl({ ...about, supervisor: () => lab.supervisor, logger, signal });
  lab.control = control;
  const note = (running: readonly Running[]): void => writeDown(layout, control, running);
  note([]);
  const databaseUrl = options.databaseUrl ?? (await startDatabase(lab, logger));
  signal.throwIfAborted();
  const onLoss = (part: Part, how: string): void => {
    logger.warn({ event: "lost", name: part.name, how }, `${part.name} ended by itself`);
    say(`${part.name} ended by itself (${how}); \`${commandFor(layout, `lab heal ${part.site}`)}\` starts it again`);
  };
  lab.supervisor = makeSupervisor({ layout, databaseUrl, onChange: note, onLoss });
  await bundlePrograms(layout.programs);
  signal.throwIfAborted();
  say(`starting ${parts.length} processes …`);
  // The preferred arbiter first: when all come at once, whoever is quickest leads. The agents last: what is still starting is no
  // site that died.
  await lab.supervisor.start(parts.slice(0, 1), signal);
  await lab.supervisor.start(
    parts.filter((part) => part.role !== "agent"),
    signal,
  );
  await lab.supervisor.start(parts, signal);
  const waiting = await untilServing(chosen.config, signal);
  if (waiting.length > 0 && !signal.aborted)
    say(`${waiting.join(", ")}: no answers yet; \`${commandFor(layout, "status")}\` tells why`);
  return about;
}

async function startDatabase(lab: Opening, logger: Logger): Promise<string> {
  lab.options.say("starting Postgres …");
  const log = (message: string): void => logger.info({ event: "postgres" }, message);
  lab.postgres = await startEmbeddedPostgres({ directory: lab.layout.postgres, log });
  return lab.postgres.url;
}

function writeDown(layout: Layout, { url, token }: Control, running: readonly Running[]): void {
  const parts = running.map(({ part, id }) => ({ ...id, name: part.name, role: part.role, site: part.site }));
  writeRecord(layout, { supervisor: identify(process.pid), control: { url, token }, parts });
}

async function closeAll({ layout, options, lock, ...lab }: Opening): Promise<void> {
  const { hurry } = options;
  await lab.supervisor?.stop(hurry);
  await lab.control?.close();
  if (lab.postgres) await stopDatabase(lab.postgres, hurry);
  // What an earlier lab left must stay on record when this one never came to end it.
  if (lab.control) await removeRecord(layout);
  lock.release();
}

/** In a hurry it crashes on purpose; the next start replays its log and has lost nothing. */
async function stopDatabase(postgres: EmbeddedPostgres, hurry: AbortSignal): Promise<void> {
  const crash = (): void => void signalProcess(postgres.pid, "SIGQUIT");
  const stopped = postgres.stop();
  if (hurry.aborted) crash();
  else hurry.addEventListener("abort", crash, { once: true });
  await stopped;
  hurry.removeEventListener("abort", crash);
}
