import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, runToEnd } from "../peers/child.ts";
import { until } from "../scenarios/world/until.ts";
import { ownedFile, serverPrograms, serverUser } from "./debian.ts";

test("the laws of Store and Lease, and the store's faults, hold on the system's PostgreSQL", async (t) => {
  const programs = await serverPrograms();
  assert.ok(programs, "PostgreSQL is not installed: apt-get install postgresql");
  const directory = await mkdtemp(join(tmpdir(), "sluice-debian-"));
  await chmod(directory, 0o755);
  const [user, port, data] = [await serverUser(), await freePort("127.0.0.1"), join(directory, "run", "data")];
  const password = await ownedFile(join(directory, "run"), ["password", "laws\n"], user);
  const how = { stdio: "ignore", ...user } as const;
  const auth = ["--auth=scram-sha-256", `--pwfile=${password}`, "--username=sluice", "--no-sync"];
  const initialised = spawn(join(programs, "initdb"), [...auth, "-D", data], how);
  assert.deepEqual(await once(initialised, "close"), [0, null]);
  const settings = ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${join(directory, "run")}`];
  const server = spawn(join(programs, "postgres"), ["-D", data, "-p", String(port), ...settings], how);
  const ended = once(server, "close");
  t.after(async () => {
    server.kill("SIGINT");
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  const url = `postgresql://sluice:laws@127.0.0.1:${port}/postgres`;
  await until("the server is ready", async () => {
    const { code } = await runToEnd(join(programs, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]);
    return code === 0 || undefined;
  });
  process.env["SLUICE_TEST_DATABASE_URL"] = url;
  const files = ["store-postgres/src/laws", "store-postgres/src/store.test"];
  const { code, stdout } = await runToEnd(process.execPath, [join(import.meta.dirname, "../run.ts"), ...files]);
  t.diagnostic(/tests \d+/.exec(stdout)?.[0] ?? "no tests");
  assert.equal(code, 0, stdout.slice(-4_000));
});
