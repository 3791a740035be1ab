import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import { connectionUrl, ensureDatabase } from "./database.ts";
import { checkPort, freePort } from "./free-port.ts";
import { prepareHome } from "./home.ts";
import { initialise } from "./initialise.ts";
import { stopLeftover } from "./leftover.ts";
import { findPrograms } from "./programs.ts";
import { type LaunchOptions, launch, type Server } from "./server.ts";
import { checkReach, serverUser } from "./server-user.ts";

export type EmbeddedPostgres = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it with the data left clean. May be called again. */
  stop(): Promise<void>;
};

export type EmbeddedOptions = {
  /** Holds the data and the password; made if it isn't there. */
  readonly directory: string;
  /** A free one by default, another at each start. */
  readonly port?: number;
  /** Told what the server says, line by line. */
  readonly log: (message: string) => void;
};

/**
 * Starts a Postgres of our own, from the binaries on npm, on loopback. The package's own starter is not used: it ends this
 * process on SIGINT and SIGTERM before the other parts had their turn, and waits for ever for a server that has crashed.
 *
 * It runs in a process group of its own, so Ctrl-C doesn't reach it before those who use it; a killed parent leaves it behind,
 * and the next start stops it first.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const home = await prepareHome(options.directory);
  await stopLeftover(home, log);
  if (options.port !== undefined) await checkPort(options.port);
  const programs = await findPrograms();
  const user = await serverUser(home);
  await checkReach([home.directory, programs.folder], user);
  await initialise(home, { programs, user, log });
  const server = await startPatiently({ home, programs, user, log }, options.port);
  try {
    await ensureDatabase(home, server.port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, url: await connectionUrl(home, server.port) };
}

const attemptsMax = 10;
const pauseMs = 300;

/** What passes by itself: a free port that somebody else took meanwhile, and sessions of a killed server not yet gone. */
const passing = /Address already in use|pre-existing shared memory block/;

async function startPatiently(options: Omit<LaunchOptions, "port">, port: number | undefined): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch({ ...options, port: port ?? (await freePort()) });
    } catch (error) {
      const isPassing = error instanceof SluiceError && passing.test(String(error.cause));
      if (!isPassing || attempt === attemptsMax) throw error;
    }
    await sleep(pauseMs);
  }
}
