import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { SluiceError } from "@sluice/core";
import { query } from "@sluice/dns";
import { sleep } from "@sluice/runtime";

export interface Resolver {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

type Zone = { readonly name: string; readonly servers: readonly { readonly address: string; readonly port: number }[] };

const readyTimeoutMs = 5_000;
const lookEveryMs = 50;

/** A port that was free may be somebody's by the time that Unbound asks for it, in TCP too; then it ends at once. */
const startsMax = 3;

/** A real Unbound with its cache, in a directory and on a port of its own, that asks the nameservers for the zone. */
export async function startUnbound(zone: Zone, probeName: string): Promise<Resolver> {
  const program = findUnbound();
  for (let starts = 1; ; starts += 1) {
    const started = await tryUnbound(program, zone, probeName);
    if (started !== "ended" && started !== "silent") return started;
    if (started === "silent" || starts === startsMax)
      throw new SluiceError("TIMEOUT", "Unbound did not come to answer", {
        hint: `Try it by hand: ${program} -d -c <file>; the nameservers must answer first.`,
      });
  }
}

async function tryUnbound(program: string, zone: Zone, probeName: string): Promise<Resolver | "ended" | "silent"> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-unbound-"));
  const port = await freePort();
  const file = join(directory, "unbound.conf");
  await writeFile(file, unboundConfig(zone, { port, directory }));
  const child = spawn(program, ["-d", "-c", file], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const failed = new Promise<void>((resolve) => child.once("error", () => resolve()));
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await Promise.race([exited, failed]);
    await rm(directory, { recursive: true, force: true });
  };
  const resolver = { address: "127.0.0.1", port, close };
  const until = performance.now() + readyTimeoutMs;
  for (;;) {
    const ask = { server: resolver, name: probeName, type: "A", recursion: true, timeoutMs: 500 } as const;
    const answer = await query(ask).catch(() => undefined);
    if (answer?.rcode === 0 && answer.answers.length > 0) return resolver;
    const hasEnded = child.exitCode !== null;
    if (hasEnded || performance.now() > until) {
      await close();
      return hasEnded ? "ended" : "silent";
    }
    await sleep(lookEveryMs, new AbortController().signal);
  }
}

/**
 * The nameservers are a stub zone. Unbound refuses to ask loopback by default and drops private answers of a public name
 * when told to; neither fits a lab. Its infrastructure cache (`infra-host-ttl`) is left as it is: that is how a real one
 * learns that a nameserver is gone.
 */
function unboundConfig(zone: Zone, at: { readonly port: number; readonly directory: string }): string {
  const lines = [
    "server:",
    `  directory: "${at.directory}"`,
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    "  interface: 127.0.0.1",
    `  port: ${at.port}`,
    "  do-not-query-localhost: no",
    "  access-control: 127.0.0.0/8 allow",
    '  module-config: "iterator"',
    "  use-syslog: no",
    "  verbosity: 0",
    "  num-threads: 1",
    `  domain-insecure: "${zone.name}"`,
    "remote-control:",
    "  control-enable: no",
    "stub-zone:",
    `  name: "${zone.name}"`,
    ...zone.servers.map((server) => `  stub-addr: ${server.address}@${server.port}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Debian puts servers into /usr/sbin, which a user's PATH often lacks. */
function findUnbound(): string {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  for (const folder of folders.filter((each) => each !== "")) {
    const program = join(folder, "unbound");
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {}
  }
  throw new SluiceError("PEER_MISSING", "unbound is not installed", { hint: "apt-get install unbound" });
}

function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((settle, fail) => {
    socket.once("error", fail);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => settle(port));
    });
  });
}
