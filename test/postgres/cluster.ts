import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../peers/child.ts";
import { until } from "../scenarios/world/until.ts";
import { ownedFile, serverPrograms, serverUser, type User } from "./debian.ts";
import { patroniConfig } from "./patroni-config.ts";
import { signalTree } from "./tree.ts";

export type NodeName = "one" | "two" | "three";

/** Three PostgreSQL servers under Patroni, with etcd, on loopback. */
export interface Cluster {
  /** Names all three; whoever connects finds the one that writes. */
  readonly url: string;
  /** The node that its members call the leader; undefined while there is none. */
  leader(): Promise<NodeName | undefined>;
  /** Waits until one leads and two follow it. */
  untilWhole(): Promise<NodeName>;
  /** Patroni and PostgreSQL of a node together, as when its machine is lost, or stands still. */
  kill(node: NodeName): Promise<void>;
  pause(node: NodeName): Promise<void>;
  resume(node: NodeName): Promise<void>;
  start(node: NodeName): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Node = {
  readonly name: NodeName;
  readonly port: number;
  readonly rest: number;
  readonly file: string;
  child?: ChildProcess;
};
type Member = { readonly name: NodeName; readonly role: string; readonly state: string };

const names: readonly NodeName[] = ["one", "two", "three"];
const patienceMs = 120_000;

export async function startCluster(): Promise<Cluster> {
  const stack = new AsyncDisposableStack();
  try {
    return await openCluster(stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function openCluster(stack: AsyncDisposableStack): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-patroni-"));
  stack.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(directory, 0o755);
  const user = await serverUser();
  const etcd = await startEtcd(directory, stack);
  const nodes = await Promise.all(names.map((name) => prepareNode(directory, { name, etcd, user })));
  const of = (name: NodeName): Node => nodes.find((node) => node.name === name) as Node;
  const start = async (name: NodeName): Promise<void> => {
    of(name).child = launch("patroni", [of(name).file], { log: join(directory, `${name}.log`), user });
  };
  const signal = async (name: NodeName, which: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> => {
    // Patroni lets PostgreSQL go on by itself, so that it outlives a restart of Patroni.
    for (const pid of [of(name).child?.pid, await postmasterOf(of(name))]) if (pid) await signalTree(pid, which);
  };
  const cluster: Cluster = {
    url: `postgresql://postgres:super@${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}/postgres`,
    leader: async () =>
      (await membersOf(nodes)).find(({ role, state }) => role === "leader" && state === "running")?.name,
    untilWhole: () => until("one leads and two follow", async () => wholeLeader(await membersOf(nodes)), patienceMs),
    kill: (name) => signal(name, "SIGKILL"),
    pause: (name) => signal(name, "SIGSTOP"),
    resume: (name) => signal(name, "SIGCONT"),
    start,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  stack.defer(async () => {
    for (const name of names) await signal(name, "SIGKILL");
  });
  // The first makes the database, the others copy it; started at once they would draw lots for it.
  for (const name of names) await start(name);
  await cluster.untilWhole();
  return cluster;
}

/** PostgreSQL writes its process id where its data is. */
const postmasterOf = async ({ file }: Node): Promise<number> =>
  Number((await readFile(join(dirname(file), "data/postmaster.pid"), "utf8").catch(() => "")).split("\n")[0]);

function wholeLeader(members: readonly Member[]): NodeName | undefined {
  const isWell = ({ state }: Member): boolean => state === "running" || state === "streaming";
  const leader = members.find(({ role }) => role === "leader");
  // Until one of them is told to be synchronous, nobody may take over: it could lack a commit that was told.
  if (!members.some(({ role }) => role === "sync_standby")) return undefined;
  return members.length === names.length && members.every(isWell) ? leader?.name : undefined;
}

/** What the first member that answers says of all. */
async function membersOf(nodes: readonly Node[]): Promise<readonly Member[]> {
  const asked = nodes.map(async ({ rest }) => {
    const answer = await fetch(`http://127.0.0.1:${rest}/cluster`, { signal: AbortSignal.timeout(2_000) });
    return ((await answer.json()) as { members: readonly Member[] }).members;
  });
  return Promise.any(asked).catch(() => []);
}

/** Answers its port. */
async function startEtcd(directory: string, stack: AsyncDisposableStack): Promise<number> {
  const [port, peerPort] = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const settings = {
    name: "etcd",
    "data-dir": join(directory, "etcd"),
    "log-level": "warn",
    "initial-cluster": `etcd=${peer}`,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const child = launch("etcd", args, { log: join(directory, "etcd.log"), user: undefined });
  stack.defer(async () => {
    if (child.kill("SIGKILL")) await once(child, "close");
  });
  await until("etcd answers", () =>
    fetch(`${client}/health`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    ),
  );
  return port;
}

async function prepareNode(
  directory: string,
  { name, etcd, user }: { readonly name: NodeName; readonly etcd: number; readonly user: User },
): Promise<Node> {
  const programs = await serverPrograms();
  if (programs === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  const [port, rest] = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
  const folder = join(directory, name);
  const text = patroniConfig({ name, port, rest, etcd, folder, programs });
  return { name, port, rest, file: await ownedFile(folder, ["patroni.json", text], user) };
}

function launch(
  program: string,
  args: readonly string[],
  how: { readonly log: string; readonly user: User },
): ChildProcess {
  const log = openSync(how.log, "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log], ...how.user });
  closeSync(log);
  child.on("error", (error) => console.error(`${program} can't be started: ${error.message}`));
  return child;
}
