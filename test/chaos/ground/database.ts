import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeLogger } from "@sluice/runtime";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@sluice/store-postgres";
import type { Layout } from "../../lab/up/layout.ts";
import { signalProcess } from "../../lab/up/process-table.ts";
import { type Standby, startStandby } from "./standby.ts";

/** The installation's database, which may be another server after a while. */
export interface Database {
  current(): EmbeddedPostgres;
  crash(): Promise<void>;
  start(): Promise<void>;
  wipe(): Promise<void>;
  addStandby(): Promise<void>;
  promote(): Promise<void>;
}

export const standbyDirectory = ({ postgres }: Layout): string => `${postgres}-standby`;

export async function openDatabase(layout: Layout, stack: AsyncDisposableStack): Promise<Database> {
  const logger = makeLogger({ service: "lab", name: "database", file: join(layout.logs, "database.log") });
  const log = (message: string): void => logger.info({ event: "postgres" }, message);
  const data = join(layout.postgres, "data");
  let current = await startEmbeddedPostgres({ directory: layout.postgres, log });
  let standby: Standby | undefined;
  // Where arbiters look for it again.
  const { port } = current;
  stack.defer(async () => {
    await current.stop();
    await standby?.stop();
  });
  const crash = async (): Promise<void> => {
    signalProcess(current.pid, "SIGKILL");
    await current.stop();
  };
  const start = async (): Promise<void> => {
    current = await startEmbeddedPostgres({ directory: layout.postgres, port, log });
  };
  return {
    current: () => current,
    crash,
    start,
    async wipe() {
      await crash();
      await rm(data, { recursive: true });
      await start();
    },
    async addStandby() {
      standby = await startStandby({ primary: current, primaryData: data, directory: standbyDirectory(layout), log });
    },
    async promote() {
      await standby?.promote();
      if (standby) current = standby;
      standby = undefined;
    },
  };
}
