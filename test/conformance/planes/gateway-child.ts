import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { request } from "@sluice/runtime";
import { bundlePrograms, programAt } from "../../lab/up/programs.ts";
import { until } from "../../scenarios/world/until.ts";

/** One gateway as a process of its own, by the very `main.ts` that is run in earnest. */
export interface GatewayChild {
  readonly pid: number;
  /** SIGTERM, and waits for its end, which may take a drain's grace. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export type GatewayFiles = {
  readonly name: string;
  readonly config: string;
  readonly keys: string;
  /** Its state and its log go below this. */
  readonly root: string;
  /** `http://address:port` of its admin door. */
  readonly adminUrl: string;
  /** See `PlaneShape.speed`. */
  readonly speed: number;
};

/** Shared by every gateway that the suite starts: with its sources stripped and compiled it is ready in a third of the time. */
const compileCache = process.env["NODE_COMPILE_CACHE"] ?? join(tmpdir(), "sluice-conformance-cache");

/** Of each process of the suite, and bundled once for it, or once for the whole run of tests. */
const programs = join(tmpdir(), `sluice-conformance-programs-${process.pid}`);
let bundled: Promise<void> | undefined;
process.once("exit", () => rmSync(programs, { recursive: true, force: true }));
const fastMain = resolve(import.meta.dirname, "fast-gateway.ts");

/** Resolves when it is ready to serve; rejects with the end of its log when it ends before. */
export async function startGatewayChild(files: GatewayFiles): Promise<GatewayChild> {
  const { name, config, keys, root, adminUrl, speed } = files;
  const flags = ["--name", name, "--config", config, "--keys", keys, "--state", join(root, name)];
  if (speed === 1) await (bundled ??= bundlePrograms(programs, ["gateway"]));
  const script = speed === 1 ? [programAt(programs, "gateway")] : [fastMain, String(speed)];
  const child = spawn(process.execPath, [...script, ...flags, "--log-level", "info"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: compileCache },
  });
  const log = createWriteStream(join(root, `${name}.log`), { flags: "a" });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece: Buffer) => {
      log.write(piece);
      tail = (tail + piece).slice(-4_000);
    });
  }
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  await until(`${name} is ready`, async () => {
    if (hasEnded(child)) throw new Error(`${name} ended before it was ready: ${tail}`);
    const answer = await request({ url: `${adminUrl}/readyz`, timeoutMs: 1_000 }).catch(() => undefined);
    return answer?.status === 200 || undefined;
  }).catch(async (error: unknown) => {
    child.kill("SIGKILL");
    await ended;
    throw error;
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!hasEnded(child)) child.kill(signal);
    await ended;
    log.end();
  };
  return { pid: child.pid ?? 0, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
