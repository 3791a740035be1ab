import { spawn } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stopEmbeddedPostgres } from "@sluice/store-postgres";
import { layoutOf } from "../lab/up/layout.ts";
import { takeLock } from "../lab/up/lock.ts";
import { sweep } from "../lab/up/record.ts";
import { standbyDirectory } from "./ground/database.ts";
import { unmountBelow } from "./net/disk.ts";
import { layNet, removeNet } from "./net/lay.ts";
import { missingTools } from "./net/missing-tools.ts";
import { inPlace } from "./net/places.ts";
import { readOptions, usage } from "./options.ts";

// `pnpm chaos`: the network is laid here; what plays in it is a process in the clients' namespace, so that it sees what they see.

const exitCodes = { usage: 2, impossible: 3 } as const;
/** Always the same, so that each run finds what a killed one left. */
const root = join(tmpdir(), "sluice-chaos");

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== "--"));

async function main(args: readonly string[]): Promise<number> {
  if (readOptions(args) === undefined) return refuse(usage, exitCodes.usage);
  const because = await missingTools();
  if (because !== undefined) return refuse(because, exitCodes.impossible);
  await mkdir(root, { recursive: true });
  // Postgres runs as somebody else, who must be able to pass.
  await chmod(root, 0o755);
  const layout = layoutOf(root);
  const lock = takeLock(layout);
  if (!lock) return refuse(`another one runs in ${root}`, exitCodes.impossible);
  try {
    await cleanUp();
    await layNet();
    return await play(args);
  } finally {
    await cleanUp();
    lock.release();
  }
}

/** What we have made and what an earlier run left, however it ended. */
async function cleanUp(): Promise<void> {
  const layout = layoutOf(join(root, "lab"));
  await sweep(layout);
  await stopEmbeddedPostgres(standbyDirectory(layout));
  await unmountBelow(root);
  await removeNet();
}

/** Ctrl-C reaches both of us, and it ends first. When we are killed, it sees our end of the channel close, and ends in order too. */
function play(args: readonly string[]): Promise<number> {
  const [program, ...flags] = [
    ...inPlace("client"),
    process.execPath,
    resolve(import.meta.dirname, "play.ts"),
    root,
    ...args,
  ];
  // Where the tests keep it too: sources stripped and compiled once.
  const env = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, "../../node_modules/.cache/compile"), ...process.env };
  const child = spawn(program, flags, { stdio: ["ignore", "inherit", "inherit", "ipc"], env });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((settle, fail) => child.once("error", fail).once("close", (code) => settle(code ?? 1)));
}

function refuse(because: string, code: number): number {
  console.error(because);
  return code;
}
