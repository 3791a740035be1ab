import type { Config } from "@sluice/core";
import type { EmbeddedPostgres } from "@sluice/store-postgres";
import { type Layout, layoutOf, type Part, partsOf } from "../../lab/up/layout.ts";
import { chooseConfig, prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { identify } from "../../lab/up/process-table.ts";
import { bundlePrograms } from "../../lab/up/programs.ts";
import { removeRecord, sweep, writeRecord } from "../../lab/up/record.ts";
import { makeSupervisor, type Running, type Supervisor, type SupervisorOptions } from "../../lab/up/supervisor.ts";
import { untilServing } from "../../lab/up/until-serving.ts";
import { openDatabase } from "./database.ts";

/** A whole installation of real processes, each of which can be signalled and started by itself, and its database. */
export interface Installation {
  readonly layout: Layout;
  readonly config: Config;
  readonly parts: readonly Part[];
  /** Those whose name, role or site is one of these. */
  named(...words: readonly string[]): readonly Part[];
  signal(parts: readonly Part[], signal: NodeJS.Signals): void;
  /** Starts those of them that don't run, and waits until each is ready. */
  start(parts: readonly Part[]): Promise<void>;
  /** What the arbiters reach it by, unless their surroundings say otherwise. */
  databaseUrl(): string;
  /** SIGKILL: it says goodbye to nobody. */
  crashDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  /** Another one in its place, empty, at the same port. */
  wipeDatabase(): Promise<void>;
  /** A second server, in step with it. */
  addStandby(): Promise<void>;
  /** That one is the database now. */
  promoteStandby(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type InstallationOptions = {
  readonly root: string;
  readonly configFile: string;
  readonly surroundings?: SupervisorOptions["surroundings"];
  /** The database runs: what shall stand in front of it is made here, before any arbiter starts. */
  readonly onDatabase?: (database: EmbeddedPostgres) => Promise<void>;
  /** A process ended that nobody had ended. */
  readonly onLoss: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Brings it up, after what an earlier, killed run left in its directory has been ended. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const layout = layoutOf(options.root);
  await prepareDirectories(layout);
  await sweep(layout);
  const chosen = await chooseConfig(layout, options.configFile);
  await chosen.keep();
  await prepareKeys(layout, chosen.config);
  const stack = new AsyncDisposableStack();
  try {
    const database = await openDatabase(layout, stack);
    await options.onDatabase?.(database.current());
    const supervisor = openSupervisor(layout, options, database.current().url);
    stack.defer(async () => {
      await supervisor.stop(new AbortController().signal);
      await removeRecord(layout);
    });
    const parts = partsOf(chosen.config, layout);
    await bundlePrograms(layout.programs);
    await startInOrder(supervisor, parts, options.signal);
    const late = await untilServing(chosen.config, options.signal);
    if (late.length > 0) throw new Error(`${late.join(", ")}: no answers after the start`);
    const all = stack.move();
    return {
      layout,
      config: chosen.config,
      parts,
      named: (...words) =>
        parts.filter((part) => words.some((word) => [part.name, part.role, part.site].includes(word))),
      signal: (some, signal) => void supervisor.signal(some, signal),
      start: (some) => supervisor.start(some, options.signal),
      databaseUrl: () => database.current().url,
      crashDatabase: () => database.crash(),
      startDatabase: () => database.start(),
      wipeDatabase: () => database.wipe(),
      addStandby: () => database.addStandby(),
      promoteStandby: () => database.promote(),
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The preferred arbiter first, so that it leads; the agents last, since what is still starting is no site that died. */
async function startInOrder(supervisor: Supervisor, parts: readonly Part[], signal: AbortSignal): Promise<void> {
  await supervisor.start(parts.slice(0, 1), signal);
  const rest = parts.filter((part) => part.role !== "agent");
  await supervisor.start(rest, signal);
  await supervisor.start(parts, signal);
}

function openSupervisor(layout: Layout, options: InstallationOptions, databaseUrl: string): Supervisor {
  const { surroundings, onLoss } = options;
  return makeSupervisor({
    layout,
    databaseUrl,
    onChange: (running) => writeDown(layout, running),
    onLoss: (part, how) => onLoss(`${part.name} ended by itself (${how})`),
    ...(surroundings ? { surroundings } : {}),
  });
}

/** As a lab does, so that the next run ends what is left of a killed one. Nobody asks this one for anything. */
function writeDown(layout: Layout, running: readonly Running[]): void {
  const parts = running.map(({ part, id }) => ({ ...id, name: part.name, role: part.role, site: part.site }));
  writeRecord(layout, { supervisor: identify(process.pid), control: { url: "", token: "" }, parts });
}
