import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../peers/child.ts";
import { type Gdnsd, startGdnsd } from "../gdnsd.ts";
import { type Patience, untilReady } from "../ground/until.ts";
import type { Fault } from "./series.ts";

/** gdnsd with two servers to watch, the same program as the lab's, each a process that a fault can befall. */
export interface Rival {
  readonly gdnsd: Gdnsd;
  readonly primary: string;
  readonly secondary: string;
  /** Befalls the primary; answers when, from just before the signal. Monotonic milliseconds. */
  fail(fault: Fault): number;
  /** Undoes the fault, and waits until gdnsd answers with the primary again. */
  heal(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Where = { readonly program: string; readonly net: string; readonly tokenFile: string };

const backTimeoutMs = 30_000;
const port = 9001;
const main = join(import.meta.dirname, "../../lab/model-server/main.ts");

/** On the three addresses after the lab's. */
export async function startRival({ program, net, tokenFile }: Where, signal: AbortSignal): Promise<Rival> {
  const [own, primary, secondary] = [`${net}.4`, `${net}.5`, `${net}.6`];
  const patience = { timeoutMs: backTimeoutMs, signal };
  const standby = await startTarget(secondary, tokenFile, patience);
  let target = await startTarget(primary, tokenFile, patience);
  const check = { port, path: "/health" };
  const end = async (): Promise<void> => void (await Promise.all([target, standby].map(endTarget)));
  const gdnsd = await startGdnsd({
    program,
    address: own,
    port: await freePort(own),
    primary,
    secondary,
    check,
  }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    gdnsd,
    primary,
    secondary,
    fail(fault) {
      const at = performance.now();
      target.kill(fault === "killed" ? "SIGKILL" : "SIGSTOP");
      return at;
    },
    async heal() {
      if (target.exitCode !== null || target.signalCode !== null)
        target = await startTarget(primary, tokenFile, patience);
      else target.kill("SIGCONT");
      await untilReady(patience, async () =>
        (await gdnsd.ask()).includes(primary) ? undefined : `gdnsd does not answer with ${primary}`,
      );
    },
    async [Symbol.asyncDispose]() {
      await gdnsd[Symbol.asyncDispose]();
      await end();
    },
  };
}

async function startTarget(host: string, tokenFile: string, patience: Patience): Promise<ChildProcess> {
  const flags = ["--host", host, "--port", `${port}`, "--admin-port", `${port + 100}`, "--admin-token-file", tokenFile];
  const child = spawn(process.execPath, [main, "--site", "rival", "--channel", "stable", "--index", "1", ...flags], {
    stdio: "ignore",
    detached: true,
  });
  try {
    await untilReady(patience, async () => {
      if (child.exitCode !== null) throw new Error(`the server at ${host}:${port} ended with ${child.exitCode}`);
      const { ok } = await fetch(`http://${host}:${port}/health`, { signal: AbortSignal.timeout(2_000) });
      return ok ? undefined : `the server at ${host}:${port} is not well`;
    });
  } catch (error) {
    await endTarget(child);
    throw error;
  }
  return child;
}

/** SIGKILL ends a stopped process too. */
async function endTarget(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
