import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, copyFile, mkdir, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SluiceError } from "@sluice/core";
import pg from "pg";
import { makeTestDirectory } from "../test-server.ts";
import { processOf } from "./process-table.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./start-embedded-postgres.ts";

const isRoot = process.getuid?.() === 0;
const log = (): void => undefined;

/** What a test leaves to be undone, the last first: a server must stop before its directory goes. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
});

async function makeDirectory(): Promise<string> {
  const directory = await makeTestDirectory();
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return realpath(directory);
}

async function start(directory: string, port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, log, ...(port === undefined ? {} : { port }) });
  undo.push(() => server.stop());
  return server;
}

/** The error of a start that must fail: `CODE: message`, and the hint on the next line. */
async function refusal(directory: string, port?: number): Promise<string> {
  try {
    const server = await startEmbeddedPostgres({ directory, log, ...(port === undefined ? {} : { port }) });
    await server.stop();
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    return `${error.code}: ${error.message}\n${error.hint}`;
  }
  return "it started";
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", log);
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows.map(({ answer }) => answer);
  } finally {
    await client.end();
  }
}

const keep = "CREATE TABLE kept AS SELECT 'here' AS answer";
const kept = "SELECT answer FROM kept";

/** Ended and not yet waited for by its new parent counts as gone. */
const isAlive = async (pid: unknown): Promise<boolean> => (await processOf(Number(pid))) !== undefined;

type Parent = { readonly child: ChildProcess; readonly said: Readonly<Record<string, string>> };

/** Node where every user may run it: npx, run by root, keeps its own in root's home, which is shut to all others. */
async function nodeForAnybody(): Promise<string> {
  const directory = await makeDirectory();
  const node = join(directory, "node");
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  return node;
}

/** A process of its own that starts a server, or fails to and says why. */
async function startElsewhere(directory: string, uid?: number): Promise<Parent> {
  const program = fileURLToPath(new URL("./test-start.ts", import.meta.url));
  const node = uid === undefined ? process.execPath : await nodeForAnybody();
  const child = spawn(node, [program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: "/",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  undo.push(() => child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) {
    return { child, said: JSON.parse(line) as Record<string, string> };
  }
  throw new Error("the child ended without a word");
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

// Most tests take turns on one directory with data in it, since making a new one is what takes long.
let home: string;
before(async () => {
  home = await realpath(await makeTestDirectory());
  const server = await startEmbeddedPostgres({ directory: home, log });
  await ask(server.url, keep);
  await server.stop();
});
after(() => rm(home, { recursive: true }));

test("its data outlives it, in a path with spaces; stopping twice is fine", async () => {
  const directory = join(await makeDirectory(), "with a space", "and 'quotes'");
  // What a start that was killed half-way left behind.
  await mkdir(join(directory, "data.new-half", "base"), { recursive: true });
  const first = await start(directory);
  await ask(first.url, keep);
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();
  assert.equal(await isAlive(first.pid), false);
  const second = await start(directory);
  assert.deepEqual(await ask(second.url, kept), ["here"]);
  assert.deepEqual((await readdir(directory)).sort(), ["data", "password"]);
});

test("durable, small, on loopback only, and behind a password of its own", async () => {
  const { url } = await start(home);
  const expected = {
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: "16MB",
    server_encoding: "UTF8",
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.deepEqual(await ask(url, `SELECT current_setting('${name}') AS answer`), [value], name);
  }
  // Three arbiters with six connections each, and as many again for tests and people.
  assert.ok(Number((await ask(url, "SELECT current_setting('max_connections') AS answer"))[0]) >= 36);
  const guess = new URL(url);
  guess.password = "sluice";
  await assert.rejects(ask(guess.href, "SELECT 1 AS answer"), /password authentication failed/);
});

test("a server whose parent was killed is stopped by the next start, which finds its data", async () => {
  const { child, said } = await startElsewhere(home);
  assert.deepEqual(await ask(String(said["url"]), kept), ["here"]);
  await kill(child);
  assert.ok(await isAlive(said["pid"]), "the server outlives its parent");
  const next = await start(home);
  assert.equal(await isAlive(said["pid"]), false);
  assert.deepEqual(await ask(next.url, kept), ["here"]);
});

test("a server that was killed itself recovers at the next start", async () => {
  const first = await start(home);
  process.kill(first.pid, "SIGKILL");
  await first.stop();
  assert.deepEqual(await ask((await start(home)).url, kept), ["here"]);
});

test("a directory in use is refused, and whoever uses it goes on", async () => {
  const { url } = await start(home);
  const { said } = await startElsewhere(home);
  assert.equal(said["code"], "STORE_UNAVAILABLE");
  assert.equal(said["message"], `the Postgres in ${home} is in use by process ${process.pid}`);
  assert.match(said["hint"] ?? "", /End process \d+ first, or name another directory/);
  assert.deepEqual(await ask(url, "SELECT 'up' AS answer"), ["up"]);
});

test("a pid file that names somebody else's process is no server, and that process lives on", async () => {
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", join(home, "data")]);
  undo.push(() => bystander.kill("SIGKILL"));
  await writeFile(join(home, "data", "postmaster.pid"), `${bystander.pid}\n${home}/data\n`);
  await start(home);
  assert.ok(await isAlive(bystander.pid));
});

test("a port that is taken is named", async () => {
  const holder = createServer();
  undo.push(() => holder.close());
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const said = await refusal(home, port);
  assert.match(said, new RegExp(`^PORT_TAKEN: 127\\.0\\.0\\.1:${port} is in use`));
  assert.match(said, /choose another port/);
});

test("broken data is left alone, and the way out is named", async () => {
  const data = join(home, "data");
  await rename(join(data, "global", "pg_control"), join(home, "kept-aside"));
  assert.match(await refusal(home), /^STORE_UNAVAILABLE: Postgres did not start: .*\n.*backup.*move it away/);
  await rename(join(home, "kept-aside"), join(data, "global", "pg_control"));
  await rename(join(home, "password"), join(home, "lost"));
  assert.match(await refusal(home), /^STORE_UNAVAILABLE: the password of .* is missing: .*\n.*move .* away/);
  await rename(join(home, "lost"), join(home, "password"));
  await rename(join(data, "PG_VERSION"), join(data, "something"));
  assert.match(await refusal(home), /^STORE_UNAVAILABLE: .* holds files, but no Postgres data\n.*backup/);
  await rename(join(data, "something"), join(data, "PG_VERSION"));
  await (await start(home)).stop();
});

test("a file where the directory should be is refused", async () => {
  const file = join(await makeDirectory(), "file");
  await writeFile(file, "");
  assert.match(await refusal(file), /^DIRECTORY_READONLY: cannot use .*file.*\n.*name another directory/);
});

test("as root, folders that the server's user can't enter are all named, with the cure", {
  skip: !isRoot,
}, async () => {
  const directory = await makeDirectory();
  const shut = [join(directory, "shut"), join(directory, "shut", "and shut")];
  for (const folder of shut) await mkdir(folder, { mode: 0o700 });
  const names = shut.map((folder) => `'${folder}'`).join(" ");
  const said = await refusal(join(directory, "shut", "and shut", "postgres"));
  assert.match(said, /^DIRECTORY_READONLY: user \d+, who runs Postgres for root, cannot enter /);
  assert.ok(said.includes(`cannot enter ${names}\n`) && said.includes(`chmod o+x ${names}`), said);
  for (const folder of shut) await chmod(folder, 0o711);
  await start(join(directory, "shut", "and shut", "postgres"));
});

const nobody = 65_534;

test("as an ordinary user it starts, stops what it left, and keeps to what it may", async () => {
  const directory = await makeDirectory();
  const uid = isRoot ? nobody : process.getuid?.();
  const own = join(directory, "own");
  const readOnly = join(directory, "read only");
  for (const folder of [own, readOnly]) await mkdir(folder);
  await chmod(readOnly, 0o555);
  if (isRoot) await chown(own, nobody, nobody);

  const refused = await startElsewhere(join(readOnly, "postgres"), uid);
  assert.equal(refused.said["code"], "DIRECTORY_READONLY");
  assert.match(refused.said["message"] ?? "", /cannot use .*read only.*EACCES/);
  assert.match(refused.said["hint"] ?? "", /Give yourself the right/);

  const first = await startElsewhere(own, uid);
  await ask(String(first.said["url"]), keep);
  await kill(first.child);
  const second = await startElsewhere(own, uid);
  assert.deepEqual(await ask(String(second.said["url"]), kept), ["here"]);
  assert.equal(await isAlive(first.said["pid"]), false);
  await kill(second.child);
  // Root runs the server as the user who owns the data.
  const last = await start(own);
  assert.deepEqual(await ask(last.url, kept), ["here"]);
  assert.equal(await isAlive(second.said["pid"]), false);
});

test("another user's data is refused", { skip: !isRoot }, async () => {
  await chmod(home, 0o777);
  const { said } = await startElsewhere(home, nobody);
  assert.equal(said["code"], "DIRECTORY_READONLY");
  assert.match(said["message"] ?? "", /belongs to user \d+, and this is user 65534/);
});
