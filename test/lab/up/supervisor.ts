import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { sleep } from "@sluice/runtime";
import type { Layout, Part } from "./layout.ts";
import { identify, type ProcessId, signalProcess } from "./process-table.ts";
import { type Started, type Surroundings, startProcess, untilReady } from "./start-process.ts";

/** The lab's processes. It starts and ends them; it never restarts one by itself, since a lab is for faults. */
export interface Supervisor {
  /** Starts what does not run of `parts`, and waits until each says it is ready. */
  start(parts: readonly Part[], signal: AbortSignal): Promise<void>;
  /** Signals those of `parts` that run; answers which. */
  signal(parts: readonly Part[], signal: NodeJS.Signals): readonly Part[];
  running(): readonly Running[];
  /** SIGTERM to all, SIGKILL to what is left after the grace, or when somebody is in a hurry. */
  stop(hurry: AbortSignal): Promise<void>;
}

export type Running = { readonly part: Part; readonly id: ProcessId };

export type SupervisorOptions = {
  readonly layout: Layout;
  readonly databaseUrl: string;
  /** A process was started or has ended: called in that turn. */
  readonly onChange: (running: readonly Running[]) => void;
  /** A process ended that nobody had ended. */
  readonly onLoss: (part: Part, how: string) => void;
  /** What a process gets beside what all get, and where it runs. Default: nothing, and here. */
  readonly surroundings?: (part: Part) => Partial<Surroundings>;
};

const graceMs = 4_000;

type Child = {
  readonly part: Part;
  readonly started: Started;
  readonly id: ProcessId;
  readonly ready: Promise<void>;
  state: "starting" | "ready" | "ending";
};

export function makeSupervisor(options: SupervisorOptions): Supervisor {
  const children = new Map<string, Child>();
  const running = (): readonly Running[] => [...children.values()].map(({ part, id }) => ({ part, id }));

  /** Two who heal at the same moment wait for one process, and one that was just killed is gone before the next is started. */
  async function startOne(part: Part, signal: AbortSignal): Promise<void> {
    const earlier = children.get(part.name);
    if (earlier?.state === "ending") await exitOf(earlier.started.process);
    const child = children.get(part.name) ?? spawnPart(part, signal);
    await child.ready;
  }

  function spawnPart(part: Part, signal: AbortSignal): Child {
    if (signal.aborted) throw new SluiceError("LAB_DOWN", `${part.name} is not started: the lab ends`);
    const started = launch(part, options);
    const child: Child = {
      part,
      started,
      id: identify(pidOf(started.process, part)),
      ready: ready(part, started, signal),
      state: "starting",
    };
    children.set(part.name, child);
    started.process.once("exit", (code, name) => lost(child, name ?? `exit ${code}`));
    options.onChange(running());
    started.go();
    return child;
  }

  async function ready(part: Part, started: Started, signal: AbortSignal): Promise<void> {
    try {
      await untilReady(started, part.name, signal);
      const child = children.get(part.name);
      if (child?.state === "starting") child.state = "ready";
    } catch (error) {
      // Half a process is of no use, and the next start begins afresh.
      end([part], "SIGKILL");
      throw error;
    }
  }

  function lost(child: Child, how: string): void {
    children.delete(child.part.name);
    // Written down before it is told: who reads the line may look at the record at once.
    options.onChange(running());
    if (child.state === "ready") options.onLoss(child.part, how);
  }

  function end(parts: readonly Part[], signal: NodeJS.Signals): readonly Part[] {
    return parts.filter((part) => {
      const child = children.get(part.name);
      if (!child) return false;
      if (signal === "SIGKILL" || signal === "SIGTERM") child.state = "ending";
      return signalProcess(child.id.pid, signal);
    });
  }

  async function stop(hurry: AbortSignal): Promise<void> {
    const all = [...children.values()];
    const parts = all.map(({ part }) => part);
    const exited = Promise.all(all.map(({ started }) => exitOf(started.process)));
    end(parts, "SIGTERM");
    // A stopped process (SIGSTOP) gets its SIGTERM only when it goes on.
    end(parts, "SIGCONT");
    const gone = new AbortController();
    const patience = sleep(graceMs, AbortSignal.any([hurry, gone.signal]));
    await Promise.race([exited, patience]);
    gone.abort();
    end(parts, "SIGKILL");
    await exited;
  }

  return {
    start: async (parts, signal) => void (await Promise.all(parts.map((part) => startOne(part, signal)))),
    signal: end,
    running,
    stop,
  };
}

/** One pool of memory for all threads of a process: glibc would give each its own, 4 MB more for what is freed at once. */
const allocator = { MALLOC_ARENA_MAX: "1" };

function launch(part: Part, { layout, databaseUrl, surroundings }: SupervisorOptions): Started {
  mkdirSync(join(layout.root, part.name), { recursive: true });
  const { env: own, ...place } = surroundings?.(part) ?? {};
  const ours = { DATABASE_URL: databaseUrl, NODE_OPTIONS: "", ...allocator };
  const env = { NODE_COMPILE_CACHE: layout.cache, ...process.env, ...ours, ...own };
  return startProcess(part.args, join(layout.logs, `${part.name}.log`), { ...place, env });
}

function pidOf(child: ChildProcess, part: Part): number {
  if (child.pid !== undefined) return child.pid;
  child.once("error", () => undefined);
  throw new SluiceError("START_FAILED", `${part.name} could not be started`, {
    hint: "Are there too many processes, or too little memory?",
  });
}

const exitOf = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));
