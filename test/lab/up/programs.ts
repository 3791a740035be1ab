import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { SluiceError } from "@sluice/core";

const repository = resolve(import.meta.dirname, "../../..");

const sources = {
  agent: "services/agent/src/main.ts",
  arbiter: "services/arbiter/src/main.ts",
  gateway: "services/gateway/src/main.ts",
  nameserver: "services/nameserver/src/main.ts",
} as const;

export type ProgramName = keyof typeof sources;
const programNames = Object.keys(sources) as ProgramName[];

/** What programs read from beside their sources while they run. */
const besides = ["packages/store-postgres/src/migrations"];

/** It is no part of an installation, and gRPC's libraries read files of their own packages, so it runs from its sources. */
export const modelServer = join(repository, "test/lab/model-server/main.ts");

/** Some libraries are CommonJS, and a bundle of theirs asks for a `require` that modules don't have. */
const banner =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);';

/** Where `bundlePrograms` puts a program. */
export const programAt = (directory: string, name: ProgramName): string => join(directory, `${name}.js`);

/**
 * Bundles programs as they are bundled for containers: a process that loads a few files in place of 1,500 starts with a third
 * of the work, and takes 13 MB less (ADR 0013). Default: every program.
 *
 * A run of the tests names a directory of its own (`SLUICE_PROGRAMS`): there they are bundled once, and every lab of the run
 * is led to them.
 */
export async function bundlePrograms(directory: string, names: readonly ProgramName[] = programNames): Promise<void> {
  const shared = process.env["SLUICE_PROGRAMS"];
  try {
    await rm(directory, { recursive: true, force: true });
    if (shared === undefined) return await bundleInto(directory, names);
    await bundleOnce(join(shared, "programs"));
    await symlink(join(shared, "programs"), directory);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = `Does the source compile (\`pnpm check\`), and can ${directory} be written?`;
    throw new SluiceError("START_FAILED", `the programs could not be bundled: ${why}`, { hint, cause });
  }
}

/** Two may come at the same moment: each bundles beside, and whoever is first is right. */
async function bundleOnce(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  const own = await mkdtemp(`${directory}-`);
  await bundleInto(own, programNames);
  await rename(own, directory).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(own, { recursive: true });
  });
}

async function bundleInto(directory: string, names: readonly ProgramName[]): Promise<void> {
  // Loaded only by who bundles: the command line has no need of it.
  const { build, stop } = await import("esbuild");
  const entryPoints = Object.fromEntries(names.map((name) => [name, join(repository, sources[name])]));
  try {
    await mkdir(directory, { recursive: true });
    for (const path of besides) await cp(join(repository, path), join(directory, basename(path)), { recursive: true });
    await build({
      entryPoints,
      outdir: directory,
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node24",
      banner: { js: banner },
      legalComments: "none",
      logLevel: "silent",
    });
  } finally {
    await stop();
  }
}
