import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { access, constants, copyFile, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Config, type KeyEntry, type Keyset, SluiceError } from "@sluice/core";
import { generateKeyPair, readJsonFile, signerFromPem, writeFileAtomic } from "@sluice/runtime";
import type { Layout, Part } from "./layout.ts";

export const exampleConfig = resolve(import.meta.dirname, "../../../packages/contract/examples/lab.yaml");

/** Makes the directories, or says plainly why not. */
export async function prepareDirectories(layout: Layout): Promise<void> {
  try {
    for (const directory of [layout.root, layout.keys, layout.logs, layout.cache])
      await mkdir(directory, { recursive: true });
    await access(layout.root, constants.W_OK);
  } catch (cause) {
    throw new SluiceError("DIRECTORY_READONLY", `cannot write to ${layout.root}`, {
      hint: "Give --dir a directory that you may write to, or change the rights of this one.",
      cause,
    });
  }
}

/** Puts the configuration in place, once: an edited one is kept. */
export async function prepareConfig(layout: Layout, source: string): Promise<void> {
  await copyFile(source, layout.config, constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** A root key, a keyset that names every agent and arbiter, and the tokens; made once and kept. */
export async function prepareKeys(layout: Layout, config: Config): Promise<void> {
  if (await readJsonFile(join(layout.keys, "keyset.json"))) return;
  const root = generateKeyPair();
  const signers = [
    ...config.agents.map((agent) => ({ ...agent, role: "agent" as const })),
    ...config.arbiters.map((arbiter) => ({ ...arbiter, role: "arbiter" as const })),
  ];
  const keys: KeyEntry[] = [];
  for (const { name, role, site } of signers) {
    const pair = generateKeyPair();
    await secret(join(layout.keys, `${name}.key`), pair.privatePem);
    keys.push({ id: name, role, name, site, publicKey: pair.publicKey });
  }
  await secret(join(layout.keys, "root.key"), root.privatePem);
  await writeFileAtomic(join(layout.keys, "root.pub"), root.publicPem);
  for (const token of ["operator.token", "node.token", "admin.token"]) {
    await secret(join(layout.keys, token), `${randomBytes(24).toString("base64url")}\n`);
  }
  const keyset: Keyset = { installation: config.installation, version: 1, keys };
  const envelope = signerFromPem(root.privatePem, "root").sign("keyset", keyset);
  await writeFileAtomic(join(layout.keys, "keyset.json"), `${JSON.stringify(envelope)}\n`);
}

const secret = (path: string, text: string): Promise<void> => writeFile(path, text, { mode: 0o600 });

/** Binds every address once and lets go, so that a taken port is told before anything starts, and all of them at once. */
export async function checkAddresses(parts: readonly Part[]): Promise<void> {
  const tried = await Promise.all(
    parts.flatMap((part) => part.binds.map(async (bind) => ({ part, bind, code: await tryBind(bind) }))),
  );
  const failed = tried.filter((entry) => entry.code !== undefined);
  const problems = failed.map(({ part, bind, code }) => ({
    path: `${bind.protocol} ${bind.host}:${bind.port}`,
    message: `${part.name} cannot listen there: ${code}`,
  }));
  const first = failed[0];
  if (!first) return;
  if (failed.some((entry) => entry.code === "EADDRNOTAVAIL")) {
    const hosts = [
      ...new Set(failed.filter((entry) => entry.code === "EADDRNOTAVAIL").map((entry) => entry.bind.host)),
    ];
    const hint = `On macOS add them first: ${hosts.map((host) => `sudo ifconfig lo0 alias ${host}`).join("; ")}`;
    throw new SluiceError("ADDRESS_MISSING", `this machine lacks ${hosts.join(", ")}`, { hint, problems });
  }
  const { host, port } = first.bind;
  const hint = `Find the process with \`ss -lptun 'sport = :${port}'\` and stop it, or give --config other ports.`;
  throw new SluiceError("PORT_TAKEN", `${host}:${port} is in use`, { hint, problems });
}

function tryBind(bind: Part["binds"][number]): Promise<string | undefined> {
  return new Promise((settle) => {
    if (bind.protocol === "udp") {
      const socket = createSocket(bind.host.includes(":") ? "udp6" : "udp4");
      socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      socket.bind({ address: bind.host, port: bind.port, exclusive: true }, () =>
        socket.close(() => settle(undefined)),
      );
      return;
    }
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    server.listen(bind.port, bind.host, () => server.close(() => settle(undefined)));
  });
}
