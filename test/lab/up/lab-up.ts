import { readConfigFile } from "@sluice/contract";
import { type Config, SluiceError } from "@sluice/core";
import { makeLogger } from "@sluice/runtime";
import { startEmbeddedPostgres } from "@sluice/store-postgres";
import { openControl } from "./control.ts";
import { type Layout, layoutOf, type Part, partsOf } from "./layout.ts";
import { checkAddresses, exampleConfig, prepareConfig, prepareDirectories, prepareKeys } from "./prepare.ts";
import { identify } from "./process-table.ts";
import { readRunning, removeRecord, sweep, writeRecord } from "./record.ts";
import { makeSupervisor } from "./supervisor.ts";

export type LabOptions = {
  readonly root: string;
  /** The configuration to begin with; the lab keeps its own copy. */
  readonly configFile?: string;
  /** Use this database and start none. */
  readonly databaseUrl?: string;
  readonly signal: AbortSignal;
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
  const running = await readRunning(layout);
  if (running) {
    throw new SluiceError(
      "LAB_RUNNING",
      `a lab is already running in ${layout.root} (process ${running.supervisor.pid})`,
      {
        hint: "Use it, or end it with `pnpm sluice lab down`. Nothing was changed.",
      },
    );
  }
  await prepareDirectories(layout);
  const swept = await sweep(layout);
  if (swept > 0) options.say(`ended ${swept} processes that an earlier lab left running`);
  await prepareConfig(layout, options.configFile ?? exampleConfig);
  const config = await readConfigFile(layout.config);
  await prepareKeys(layout, config);
  const parts = partsOf(config, layout);
  await checkAddresses(parts);
  const logger = makeLogger({ service: "lab", name: "lab", level: "warn" });
  const log = (message: string): void => logger.info(message);
  const postgres =
    options.databaseUrl === undefined ? await startEmbeddedPostgres({ directory: layout.postgres, log }) : undefined;
  const supervisor = makeSupervisor(layout, options.databaseUrl ?? postgres?.url ?? "");
  const end = new AbortController();
  const stop = AbortSignal.any([options.signal, end.signal]);
  const ended = new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
  const note = async (): Promise<void> => {
    const listed = supervisor
      .running()
      .map(({ part, id }) => ({ ...id, name: part.name, role: part.role, site: part.site }));
    await writeRecord(layout, {
      supervisor: await identify(process.pid),
      control: { url: control.url, token: control.token },
      parts: listed,
    });
  };
  const control = await openControl(
    { config, parts, supervisor, logger },
    { onChange: () => note(), stop: () => end.abort(), signal: stop },
  );
  const close = async (): Promise<void> => {
    end.abort();
    await supervisor.stop();
    await control.close();
    await postgres?.stop();
    await removeRecord(layout);
  };
  try {
    // The preferred arbiter first: when all come at once, whoever is quickest leads.
    const [preferred, ...others] = parts;
    if (preferred) await supervisor.start([preferred], stop);
    const starting = supervisor.start(others, stop);
    await note();
    await starting;
    await note();
  } catch (error) {
    await close();
    throw error;
  }
  return { layout, config, parts, ended, close };
}
