import { mkdir, readFile } from "node:fs/promises";
import { run } from "./run.ts";

/** A disk of its own for a directory, so small that it can be filled. */
export async function mountSmall(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await run(["mount", "-t", "tmpfs", "-o", "size=4m", "sluice-chaos", directory]);
}

export async function unmountBelow(root: string): Promise<void> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").flatMap((line) => line.split(" ")[1] ?? []);
  for (const directory of mounts.filter((path) => path.startsWith(`${root}/`)))
    await run(["umount", "--lazy", directory]);
}
