import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { type Config, SluiceError } from "@sluice/core";
import { sleep } from "@sluice/runtime";
import type { Layout, Part } from "./layout.ts";
import { identify, type ProcessId, signalProcess } from "./process-table.ts";

/** The lab's processes. It starts and ends them; it never restarts one by itself, since a lab is for faults. */
export interface Supervisor {
  /** Starts what does not run of `parts`, and waits until each says it is ready. */
  start(parts: readonly Part[], signal: AbortSignal): Promise<void>;
  running(): readonly { readonly part: Part; readonly id: ProcessId }[];
  /** SIGTERM to all, SIGKILL to what is left after the grace. */
  stop(): Promise<void>;
}

/** A small young generation: these processes make little garbage, and fifteen of them share one machine. */
const nodeFlags = ["--max-semi-space-size=1"];
const readyTimeoutMs = 15_000;
const graceMs = 4_000;

type Child = { readonly part: Part; readonly process: ChildProcess; readonly id: ProcessId };

export function makeSupervisor(layout: Layout, databaseUrl: string): Supervisor {
  const children = new Map<string, Child>();

  async function startOne(part: Part, signal: AbortSignal): Promise<void> {
    await mkdir(join(layout.root, part.name), { recursive: true });
    const log = await open(join(layout.logs, `${part.name}.log`), "a");
    // A group of its own: Ctrl-C in the terminal reaches the supervisor only, which ends the others in order.
    const child = spawn(process.execPath, [...nodeFlags, ...part.args], {
      detached: true,
      stdio: ["ignore", "pipe", log.fd],
      env: { ...process.env, DATABASE_URL: databaseUrl, NODE_COMPILE_CACHE: layout.cache, NODE_OPTIONS: "" },
    });
    const sink = log.createWriteStream();
    child.stdout?.pipe(sink);
    child.once("exit", () => children.delete(part.name));
    if (child.pid === undefined) throw new SluiceError("INTERNAL", `${part.name} could not be started`);
    children.set(part.name, { part, process: child, id: await identify(child.pid) });
    await untilReady(child, part, { layout, signal });
  }

  return {
    async start(parts, signal) {
      const missing = parts.filter((part) => !children.has(part.name));
      await Promise.all(missing.map((part) => startOne(part, signal)));
    },
    running: () => [...children.values()].map(({ part, id }) => ({ part, id })),
    async stop() {
      const all = [...children.values()];
      const exited = Promise.all(all.map((child) => exitOf(child.process)));
      for (const child of all) signalProcess(child.id.pid, "SIGTERM");
      // A stopped process (SIGSTOP) gets its SIGTERM only when it goes on.
      for (const child of all) signalProcess(child.id.pid, "SIGCONT");
      const late = new AbortController();
      const timedOut = sleep(graceMs, late.signal).then(() => "late" as const);
      if ((await Promise.race([exited, timedOut])) === "late") {
        for (const child of children.values()) signalProcess(child.id.pid, "SIGKILL");
        await exited;
      }
      late.abort();
    },
  };
}

/** Resolves when the process says it is ready or listening; rejects when it ends first or takes too long. */
function untilReady(child: ChildProcess, part: Part, at: { layout: Layout; signal: AbortSignal }): Promise<void> {
  const log = join(at.layout.logs, `${part.name}.log`);
  return new Promise((settle, fail) => {
    let text = "";
    const failed = (what: string) => (): void => {
      done();
      fail(new SluiceError("TIMEOUT", `${part.name} ${what}`, { hint: `Read ${log}.` }));
    };
    const onExit = failed("ended before it was ready");
    const timer = setTimeout(failed(`was not ready within ${readyTimeoutMs / 1000} s`), readyTimeoutMs);
    const onAbort = failed("was stopped while it started");
    const onData = (chunk: Buffer): void => {
      text = (text + chunk.toString("utf8")).slice(-65_536);
      if (!/"event":"(ready|listening)"/.test(text)) return;
      done();
      settle();
    };
    const done = (): void => {
      clearTimeout(timer);
      child.stdout?.off("data", onData);
      child.off("exit", onExit);
      at.signal.removeEventListener("abort", onAbort);
    };
    child.stdout?.on("data", onData);
    child.once("exit", onExit);
    at.signal.addEventListener("abort", onAbort, { once: true });
  });
}

const exitOf = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

/** The parts of one site, from the configuration's names. */
export const partsOfSite = (parts: readonly Part[], site: string, config: Config): readonly Part[] => {
  if (!config.sites.some((entry) => entry.name === site)) {
    const hint = `Known: ${config.sites.map((entry) => entry.name).join(", ")}`;
    throw new SluiceError("NOT_FOUND", `no site is called ${site}`, { hint });
  }
  return parts.filter((part) => part.site === site);
};
