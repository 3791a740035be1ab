import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stopLeftover } from "./leftover.ts";

/** Ends the Postgres of a directory whose starter was killed; says whether there was one. One whose starter lives is an error. */
export async function stopEmbeddedPostgres(directory: string): Promise<boolean> {
  // Without a directory there was never a server.
  const real = await realpath(resolve(directory)).catch(() => undefined);
  if (real === undefined) return false;
  let hadOne = false;
  const home = { directory: real, data: join(real, "data"), passwordFile: join(real, "password") };
  await stopLeftover(home, () => {
    hadOne = true;
  });
  return hadOne;
}
