import { chown, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EmbeddedPostgres } from "@sluice/store-postgres";
import { freePort } from "../../../packages/store-postgres/src/embedded/free-port.ts";
import { findPrograms } from "../../../packages/store-postgres/src/embedded/programs.ts";
import { run as runPostgres } from "../../../packages/store-postgres/src/embedded/run.ts";
import { shutDown } from "../../../packages/store-postgres/src/embedded/shut-down.ts";
import { until } from "../../scenarios/world/until.ts";
import { run } from "../net/run.ts";

/** A second server that has every commit before its client is told. */
export interface Standby extends EmbeddedPostgres {
  /** It takes writes from here on, whatever became of the first. */
  promote(): Promise<void>;
}

type Options = {
  readonly primary: EmbeddedPostgres;
  readonly primaryData: string;
  readonly directory: string;
  readonly log: (line: string) => void;
};

/** Copies the running primary by the server's own backup calls, and follows it until the two are in step. */
export async function startStandby({ primary, primaryData, directory, log }: Options): Promise<Standby> {
  const data = join(directory, "data");
  await run(["rm", "-rf", directory]);
  await run(["mkdir", "-p", "-m", "755", directory]);
  await psql(primary.url, [
    "SELECT pg_backup_start('standby', true)",
    `\\! cp -a '${primaryData}' '${data}'`,
    `\\o ${data}/backup_label`,
    "SELECT labelfile FROM pg_backup_stop()",
  ]);
  const { uid, gid } = await stat(primaryData);
  await rm(join(data, "postmaster.pid"), { force: true });
  await writeFile(join(data, "standby.signal"), "");
  for (const name of ["backup_label", "standby.signal"]) await chown(join(data, name), uid, gid);
  const port = await freePort();
  const flags = Object.entries(settingsOf(primary, port)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const { postgres } = await findPrograms();
  const { child, ended } = runPostgres(postgres, ["-D", data, ...flags], {
    user: uid === 0 ? undefined : { uid, gid },
    log,
  });
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  const pid = child.pid ?? 0;
  await psql(primary.url, ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"]);
  await until("a standby in step", async () => (await psql(primary.url, [inStep])).includes("sync") || undefined);
  const url = new URL(primary.url);
  url.port = String(port);
  return {
    url: url.href,
    port,
    pid,
    stop: () => shutDown(pid, async () => isRunning),
    promote: async () => void (await psql(url.href, ["SELECT pg_promote()"])),
  };
}

const inStep = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'";

/** As small as the first, and named so that the next run finds it when this one is killed. */
const settingsOf = (primary: EmbeddedPostgres, port: number): Readonly<Record<string, string>> => ({
  cluster_name: `sluice-${process.pid}`,
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  port: String(port),
  max_connections: "50",
  shared_buffers: "16MB",
  io_method: "sync",
  primary_conninfo: `${primary.url}?application_name=standby`,
});

/** All of them in one session. */
const psql = (url: string, commands: readonly string[]): Promise<string> =>
  run(["psql", "-AtqX", "-v", "ON_ERROR_STOP=1", ...commands.flatMap((command) => ["-c", command]), url]);
