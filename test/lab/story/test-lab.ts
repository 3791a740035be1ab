import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Ended, runHere } from "@sluice/cli";
import { readConfigFile } from "@sluice/contract";
import { drawNet } from "../../scenarios/world/net.ts";
import { until } from "../../scenarios/world/until.ts";
import { layoutOf, type Part, partsOf } from "../up/layout.ts";
import { exampleConfig } from "../up/prepare.ts";
import { isAlive } from "../up/process-table.ts";
import { type LabRecord, readRecord, sweep } from "../up/record.ts";

const main = resolve(import.meta.dirname, "../../../packages/cli/src/main.ts");

/** The command line as a process of its own. `said` is what it has written so far. */
export function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...inherited, ...env },
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (said.stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (said.stderr += piece));
  const ended = new Promise<Ended>((settle, fail) =>
    child.once("error", fail).once("close", (code) => settle({ code, ...said })),
  );
  return { child, said, ended };
}

export type Run = ReturnType<typeof run>;

/** A directory, and the lab's configuration on a loopback net that nobody else uses. */
export async function makePlace() {
  const [directory, net] = await Promise.all([mkdtemp(join(tmpdir(), "sluice-lab-")), drawNet()]);
  // Where the tests run as root, the database runs as another user.
  await chmod(directory, 0o755);
  const file = join(directory, "sluice.yaml");
  const text = await readFile(exampleConfig, "utf8");
  await writeFile(file, text.replaceAll(/127\.0\.([123])\.1/g, `${net}.$1`));
  const config = await readConfigFile(file);
  return { directory, file, config, net };
}

export type Place = Awaited<ReturnType<typeof makePlace>>;

/** Commands for one lab, whose state is below the place's directory. Those that `start` and `up` begin are processes, `sluice` and `json` run theirs here. */
export function labAt(place: Place, name: string) {
  const root = join(place.directory, name);
  const layout = layoutOf(root);
  const parts = partsOf(place.config, layout);
  const runs: Run[] = [];
  const start = (args: readonly string[], env?: NodeJS.ProcessEnv): Run => {
    const one = run(["--dir", root, ...args], env);
    runs.push(one);
    return one;
  };
  const sluice = (...args: readonly string[]): Promise<Ended> => runHere(["--dir", root, ...args]);
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const { code, stdout, stderr } = await sluice("--json", ...args);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  const record = (): Promise<LabRecord | undefined> => readRecord(layout);
  return {
    root,
    layout,
    parts,
    start,
    sluice,
    json,
    record,
    up: (env?: NodeJS.ProcessEnv): Run => start(["lab", "up", "--config", place.file], env),
    /** Ends what a failed test left. */
    async [Symbol.asyncDispose]() {
      for (const { child } of runs) child.kill("SIGKILL");
      await Promise.all(runs.map(({ ended }) => ended));
      if (await record()) await sweep(layout);
    },
  };
}

export type TestLab = ReturnType<typeof labAt>;

export const remove = (place: Place): Promise<void> => rm(place.directory, { recursive: true, force: true });

/** A start takes 5 s on a quiet machine; one that ends is noticed at once. */
const startPatienceMs = 120_000;

/** Waits until a start has said that the lab is up; a start that ends instead is an error with its last words. */
export async function untilUp(start: Run): Promise<string> {
  const { child, said } = start;
  const look = (): string | undefined => {
    if (child.exitCode !== null) throw new Error(`lab up ended with ${child.exitCode}: ${said.stderr}`);
    return said.stdout.includes("Ctrl-C here") ? said.stdout : undefined;
  };
  return until("the lab is up", look, startPatienceMs).catch((error: Error) => {
    throw new Error(`${error.message}: ${said.stderr}`);
  });
}

/** Waits until the record names so many processes. */
export const untilRecorded = (lab: TestLab, count: number): Promise<LabRecord> =>
  until(`${count} processes on record`, async () => {
    const record = await lab.record();
    return record && record.parts.length >= count ? record : undefined;
  });

/** The addresses of `parts` that can't be bound: all of them, by binding each. */
export async function taken(parts: readonly Part[]): Promise<readonly string[]> {
  const tried = await Promise.all(
    parts
      .flatMap((part) => part.binds)
      .map(async (bind) => {
        const problem = await hold(bind).then(
          (held) => held.release(),
          (error: Error) => error,
        );
        return problem ? [`${bind.protocol} ${bind.host}:${bind.port}`] : [];
      }),
  );
  return tried.flat();
}

/** Takes an address until it is let go. */
export function hold({ protocol, host, port }: Part["binds"][number]): Promise<{ release(): Promise<void> }> {
  return new Promise((settle, fail) => {
    if (protocol === "udp") {
      const socket = createSocket("udp4").once("error", fail);
      socket.bind({ address: host, port, exclusive: true }, () =>
        settle({ release: () => new Promise<void>((done) => socket.close(() => done())) }),
      );
      return;
    }
    const server = createServer().once("error", fail);
    server.listen(port, host, () => settle({ release: () => new Promise<void>((done) => server.close(() => done())) }));
  });
}

/** The names of those on record that still run. */
export const alive = (record: LabRecord): readonly string[] =>
  record.parts.filter((part) => isAlive(part)).map((part) => part.name);
