import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@sluice/runtime";

/** A few small files that outlive the process. What was written is on disk when the promise resolves. */
export interface KeptFiles {
  list(): Promise<readonly string[]>;
  read(name: string): Promise<string>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export function filesIn(directory: string): KeptFiles {
  return {
    async list() {
      await mkdir(directory, { recursive: true });
      // What a crash left half-written has another ending.
      return (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
    },
    read: (name) => readFile(join(directory, name), "utf8"),
    write: (name, text) => writeFileAtomic(join(directory, name), text),
    remove: (name) => rm(join(directory, name), { force: true }),
  };
}
