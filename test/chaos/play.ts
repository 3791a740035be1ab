import { spawn } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeError, readKeyring, readToken, stopSignal } from "@sluice/runtime";
import { makePostgres, type Postgres } from "@sluice/store-postgres";
import { labClient } from "../bench/ground/lab-client.ts";
import { type Door, openDoor } from "./ground/door.ts";
import { type Installation, openInstallation } from "./ground/installation.ts";
import { writeSmallConfig } from "./ground/small-config.ts";
import { mountSmall } from "./net/disk.ts";
import { addressOf, inPlace, net, ports } from "./net/places.ts";
import { startObserver } from "./observe/observer.ts";
import { readOptions } from "./options.ts";
import { playFault, type Row } from "./play-fault.ts";
import { jsonOf, markdownOf, tableOf } from "./report.ts";
import { makeScene } from "./scene.ts";

// The clients' side of `pnpm chaos`, in their namespace. The database's process is here too, and its address in the witness's site,
// behind a door of its own: what cuts that site off from somebody cuts off the database.

const [root = "", ...args] = process.argv.slice(2);
async function play(): Promise<number> {
  const options = readOptions(args);
  if (!options) return 2;
  const gone = new AbortController();
  process.on("disconnect", () => gone.abort());
  // Listening there must not keep us.
  process.channel?.unref();
  const signal = AbortSignal.any([stopSignal(), gone.signal]);
  const startedAt = performance.now();
  const rows: Row[] = [];
  const say = (line: string): void => console.error(line);
  await using stage = await setStage(signal, say);
  for (const fault of options.faults) {
    if (signal.aborted) break;
    const row = await playFault(stage.scene, fault).catch((error: Error) => failed(fault, error));
    if (signal.aborted) break;
    rows.push(row);
    say(`${row.id}: ${row.wrong.length === 0 ? "as it must be" : row.wrong.join("; ")}`);
  }
  const { findings } = stage.scene.observer.tallies;
  const report = { rows, exercised: findings.exercised, tookMs: performance.now() - startedAt };
  console.log(options.isJson ? jsonOf(report) : tableOf(report));
  if (options.keep !== undefined) await writeFile(options.keep, markdownOf(report));
  return signal.aborted || rows.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
}

const failed = ({ id, about, how, expect }: Parameters<typeof playFault>[1], error: Error): Row => ({
  id,
  about,
  how,
  expected: expect.kind,
  moves: [],
  moveMs: undefined,
  recoveryMs: undefined,
  asked: 0,
  wrong: [error.message],
});

/** Shorter than anybody would have them, so that one fault's quarantine isn't the next one's beginning. */
const guards = { readmitAfterMs: 15_000, holdMaxMs: 20_000 };

async function setStage(signal: AbortSignal, say: (line: string) => void) {
  const lab = join(root, "lab");
  await rm(lab, { recursive: true, force: true });
  const configFile = join(root, "chaos.yaml");
  await writeSmallConfig(configFile, net, { channels: ["stable", "canary"], guards });
  await mountSmall(join(lab, "ns-b.llm.example"));
  const stack = new AsyncDisposableStack();
  try {
    const dresses = new Map<string, NodeJS.ProcessEnv>();
    let door: Door | undefined;
    let databaseUrl = (): string => "";
    const installation = stack.use(
      await openInstallation({
        root: lab,
        configFile,
        signal,
        onLoss: say,
        surroundings: ({ name, role, site }) => ({
          within: inPlace(site),
          env: { ...(role === "arbiter" ? { DATABASE_URL: atWitness(databaseUrl()) } : {}), ...dresses.get(name) },
        }),
        async onDatabase({ url }) {
          databaseUrl = () => url;
          door = await openDatabaseDoor(() => Number(new URL(databaseUrl()).port), stack);
        },
      }),
    );
    databaseUrl = () => installation.databaseUrl();
    const postgres = stack.use(followPostgres(installation, say));
    const { config, layout } = installation;
    const stop = new AbortController();
    const observer = startObserver({
      config,
      keyring: await readKeyring(layout.keys),
      token: await readToken(join(layout.keys, "node.token")),
      postgres,
      say,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    stack.defer(async () => {
      stop.abort();
      await observer.ended;
    });
    const client = await labClient(lab);
    const dress = (name: string, env: NodeJS.ProcessEnv): void => void dresses.set(name, env);
    if (!door) throw new Error("the database has no door");
    const scene = makeScene({ installation, client, observer, door, signal, dress });
    const all = stack.move();
    return { scene, [Symbol.asyncDispose]: () => all.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Two doors, one behind the other: from the witness's namespace to a socket file, which is in none, and from there to the server. */
async function openDatabaseDoor(port: () => number, stack: AsyncDisposableStack): Promise<Door> {
  const path = join(root, "database.sock");
  await rm(path, { force: true });
  const door = await openDoor({ path }, () => ({ host: "127.0.0.1", port: port() }));
  stack.defer(() => door.close());
  const script = resolve(import.meta.dirname, "net/database-door.ts");
  const [program, ...flags] = [
    ...inPlace("site-w"),
    process.execPath,
    script,
    addressOf("site-w"),
    String(ports.database),
    path,
  ];
  const outer = spawn(program, flags, { stdio: ["pipe", "pipe", "inherit"] });
  stack.defer(() => void outer.stdin.end());
  await new Promise<void>((settle, fail) => {
    outer.stdout.once("data", () => settle());
    outer.once("exit", () => fail(new Error("the database's door did not open")));
  });
  return door;
}

function atWitness(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.host = `${addressOf("site-w")}:${ports.database}`;
  return url.href;
}

/** The store past every door; another database has another password. */
function followPostgres(installation: Installation, say: (line: string) => void) {
  let made: { readonly url: string; readonly postgres: Postgres } | undefined;
  const current = (): Postgres => {
    const url = installation.databaseUrl();
    if (made?.url !== url) {
      void made?.postgres.close();
      made = { url, postgres: makePostgres({ url, log: say }) };
    }
    return made.postgres;
  };
  return {
    get store() {
      return current().store;
    },
    get lease() {
      return current().lease;
    },
    [Symbol.asyncDispose]: async () => made?.postgres.close(),
  };
}

process.exitCode = await play().catch((error: unknown) => {
  console.error(describeError(error));
  return 1;
});
