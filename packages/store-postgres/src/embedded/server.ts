import { setTimeout as sleep } from "node:timers/promises";
import { invariant } from "@sluice/core";
import type { Home } from "./home.ts";
import { readPostmaster } from "./postmaster.ts";
import type { Programs } from "./programs.ts";
import { type Ended, type Running, run } from "./run.ts";
import type { ServerUser } from "./server-user.ts";
import { shutDown } from "./shut-down.ts";

export type LaunchOptions = {
  readonly home: Home;
  readonly port: number;
  readonly programs: Programs;
  readonly user: ServerUser | undefined;
  readonly log: (message: string) => void;
};

export type Server = { readonly pid: number; readonly port: number; stop(): Promise<void> };

/** Recovery after a crash replays at most `max_wal_size`, 1 GB; that takes seconds. Unit: milliseconds. */
const readyTimeoutMs = 60_000;
const lookEveryMs = 10;

/** A small server: three arbiters use up to 6 connections each. Nothing that keeps data safe is switched off. */
const settings = {
  // No socket file: TCP on loopback is all we use, and paths of sockets are limited to 107 bytes.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "50",
  shared_buffers: "16MB",
  // Processes that only large databases and replicas need.
  io_method: "sync",
  max_logical_replication_workers: "0",
  jit: "off",
  log_checkpoints: "off",
} as const;

/** Starts the server and waits until it takes connections. */
export async function launch(options: LaunchOptions): Promise<Server> {
  const { home, port, log } = options;
  // The next start learns from the name whether the process that started this one is still there.
  const all = { ...settings, port: String(port), cluster_name: `sluice-${process.pid}` };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const running = run(options.programs.postgres, ["-D", home.data, ...flags], options);
  await untilReady(running, home);
  const { pid } = running.child;
  invariant(pid !== undefined, "a server that is ready has a process id");
  let isStopping = false;
  let isRunning = true;
  void running.ended.then(() => {
    isRunning = false;
    if (!isStopping) log("the embedded Postgres ended by itself");
  });
  const stop = async (): Promise<void> => {
    isStopping = true;
    await shutDown(pid, async () => isRunning);
  };
  let stopped: Promise<void> | undefined;
  return { pid, port, stop: () => (stopped ??= stop()) };
}

/** The server writes how far it is into its pid file, line 8; pg_ctl looks there too. */
async function untilReady({ child, ended }: Running, { data }: Home): Promise<void> {
  let end: Ended | undefined;
  void ended.then((value) => {
    end = value;
  });
  const until = performance.now() + readyTimeoutMs;
  while (performance.now() < until) {
    if (end) throw end.failure("Postgres did not start", hintFor(data));
    const postmaster = await readPostmaster(data);
    if (postmaster?.pid === child.pid && postmaster?.status === "ready") return;
    await sleep(lookEveryMs);
  }
  if (child.pid !== undefined) await shutDown(child.pid, async () => end === undefined);
  throw (await ended).failure(
    `Postgres was not ready after ${readyTimeoutMs} ms`,
    "Look at the disk's health and load.",
  );
}

const hintFor = (data: string): string =>
  `Mend what it says. If the data is beyond repair, put a backup in the place of ${data}, or move it away and start with an empty database.`;
