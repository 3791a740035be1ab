import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "@sluice/core";
import { layoutOf } from "@sluice/lab";
import { startEmbeddedPostgres } from "@sluice/store-postgres";
import { partsOf } from "../../lab/up/layout.ts";
import { prepareDirectories, prepareKeys } from "../../lab/up/prepare.ts";
import { bundlePrograms } from "../../lab/up/programs.ts";
import { makeSupervisor } from "../../lab/up/supervisor.ts";
import { drawNet } from "../../scenarios/world/net.ts";
import { type Process, processTree } from "../rest/processes.ts";
import { type Usage, usageByRole } from "../rest/usage.ts";
import { bigConfig } from "./big-config.ts";

/** An arbiter, three nameservers and their database as processes of their own; nobody looks at anything. */
export interface Installation {
  readonly config: Config;
  /** Holds the keys of all who sign. */
  readonly keys: string;
  /** What each role uses while `action` goes on. */
  usage(action: () => Promise<void>): Promise<readonly Usage[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** V8's nursery: the lab's 1 MB is for labs. A snapshot of 10,000 services would be swept out of it again and again. */
const roomy = "--max-semi-space-size=16";

export async function startInstallation(services: number, signal: AbortSignal): Promise<Installation> {
  const stack = new AsyncDisposableStack();
  try {
    const root = await mkdtemp(join(tmpdir(), "sluice-bench-"));
    stack.defer(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
    // Started by root, Postgres runs as somebody else, who must be able to pass.
    await chmod(root, 0o755);
    const layout = layoutOf(join(root, "lab"));
    const config = bigConfig(services, await drawNet());
    await prepareDirectories(layout);
    await mkdir(layout.keys, { recursive: true });
    await writeFile(layout.config, JSON.stringify(config));
    await prepareKeys(layout, config);
    await bundlePrograms(layout.programs);
    const postgres = await startEmbeddedPostgres({ directory: layout.postgres, log: () => undefined });
    stack.defer(() => postgres.stop());
    const supervisor = makeSupervisor({
      layout,
      databaseUrl: postgres.url,
      onChange: () => undefined,
      onLoss: (part, how) => console.error(`${part.name} ended by itself: ${how}`),
    });
    stack.defer(() => supervisor.stop(AbortSignal.abort()));
    const parts = partsOf(config, layout)
      .filter(({ role }) => role === "arbiter" || role === "nameserver")
      .map((part) => ({
        ...part,
        args: [roomy, ...part.args],
      }));
    for (const part of parts) await supervisor.start([part], signal);
    const roles = new Map(supervisor.running().map(({ id, part }) => [id.pid, part.role]));
    const look = async (): Promise<readonly Process[]> =>
      (await Promise.all([...roles.keys(), postgres.pid].map(processTree))).flat();
    const ended = stack.move();
    return {
      config,
      keys: layout.keys,
      async usage(action) {
        const startedAt = performance.now();
        const before = await look();
        await action();
        const looks = { before, after: await look(), ms: performance.now() - startedAt };
        return usageByRole(looks, (pid) => roles.get(pid) ?? "postgres");
      },
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
