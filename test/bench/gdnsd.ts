import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { query } from "@sluice/dns";

export type GdnsdOptions = {
  /** Where the program is: `peer("gdnsd").path`. */
  readonly program: string;
  /** Where it answers, UDP and TCP. */
  readonly address: string;
  readonly port: number;
  /** The first is answered while it is up, else the second. */
  readonly primary: string;
  readonly secondary: string;
  /** What it asks of both: GET of this path, answered with 200. */
  readonly check: { readonly port: number; readonly path: string };
};

/** gdnsd at work, to be measured beside Sluice. */
export interface Gdnsd {
  readonly server: { readonly name: string; readonly address: string; readonly port: number };
  /** The name it answers for. */
  readonly host: string;
  /** The addresses it answers with now; throws when it doesn't answer. */
  ask(): Promise<readonly string[]>;
  /** Ends the process and removes what it wrote. */
  [Symbol.asyncDispose](): Promise<void>;
}

const host = "chat.llm.example";

/**
 * Debian's gdnsd at its fastest. It refuses an interval under 2 s and a time-out that isn't shorter; one good look is up
 * again. Its `down_thresh` could be 1, and then any lost packet would move everything: 3 is the least that debounces.
 */
const service = { interval: 2, timeout: 1, up_thresh: 1, ok_thresh: 1, down_thresh: 3 };

const startMs = 15_000;
const endMs = 5_000;

/** Starts it in a directory of its own, and waits until it has looked at both addresses and answers. */
export async function startGdnsd(options: GdnsdOptions): Promise<Gdnsd> {
  const { address, port } = options;
  const directory = await mkdtemp(join(tmpdir(), "sluice-gdnsd-"));
  await mkdir(join(directory, "zones"));
  await writeFile(join(directory, "config"), configText(options, directory));
  await writeFile(join(directory, "zones", "llm.example"), zoneText(address));
  const child = spawn(options.program, ["-c", directory, "start"], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-10_000);
  });
  const ask = async (): Promise<readonly string[]> => {
    const answer = await query({ server: { address, port }, name: host, type: "A", timeoutMs: 2_000 });
    return answer.answers.map((record) => record.data);
  };
  const end = async (): Promise<void> => {
    await endProcess(child);
    await rm(directory, { recursive: true, force: true });
  };
  if (!(await isAnswering(child, ask))) {
    await end();
    throw new Error(`gdnsd does not answer at ${address}:${port}:\n${log}`);
  }
  return { server: { name: "gdnsd", address, port }, host, ask, [Symbol.asyncDispose]: end };
}

const configText = (options: GdnsdOptions, directory: string): string => `options => {
  listen => "${options.address}:${options.port}"
  run_dir => "${join(directory, "run")}"
  state_dir => "${join(directory, "state")}"
}
service_types => {
  pool => {
    plugin => http_status, port => ${options.check.port}, url_path => "${options.check.path}"
${Object.entries(service)
  .map(([name, value]) => `    ${name} => ${value}`)
  .join("\n")}
  }
}
plugins => {
  simplefo => {
    chat => { service_types => [ pool ], primary => "${options.primary}", secondary => "${options.secondary}" }
  }
}
`;

const zoneText = (address: string): string => `@ SOA ns hostmaster 1 7200 1800 259200 5
@ NS ns
ns A ${address}
${host.split(".")[0]} 5 DYNA simplefo!chat
`;

async function isAnswering(child: ChildProcess, ask: Gdnsd["ask"]): Promise<boolean> {
  const until = performance.now() + startMs;
  let isOver = false;
  child.once("error", () => (isOver = true));
  child.once("exit", () => (isOver = true));
  while (!isOver && performance.now() < until) {
    const addresses = await ask().catch(() => []);
    if (addresses.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), endMs);
  await exited;
  clearTimeout(late);
}
