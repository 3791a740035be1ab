import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startAgent } from "@sluice/agent";
import { startArbiter } from "@sluice/arbiter";
import { checkConfig } from "@sluice/contract";
import type { Keyset } from "@sluice/core";
import { generateKeyPair, makeLogger, readKeyring, request, signerFromPem, systemClock } from "@sluice/runtime";
import { makeMemoryDatabase } from "@sluice/testkit";
import { stringify } from "yaml";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

/** A real arbiter that leads on the votes of one real agent, with its database in memory. */
const directory = await makeTemporaryDirectory();
const [arbiterPort, agentPort] = [await freePort(), await freePort()];
const url = `http://127.0.0.1:${arbiterPort}`;
const token = "operator-of-the-test";

const agentIn = (site: string, port: number) => ({ name: `agent-${site}`, site, url: `http://127.0.0.1:${port}` });
const settings = (extra: object = {}) => ({
  installation: "trial",
  zone: { name: "example.test" },
  sites: [
    { name: "site-a", addresses: ["192.0.2.1"] },
    { name: "site-b", addresses: ["192.0.2.2"] },
    { name: "site-w", role: "witness" },
  ],
  electorate: ["site-w"],
  arbiters: [{ name: "arbiter-w", site: "site-w", url }],
  agents: [agentIn("site-w", agentPort), agentIn("site-a", 1), agentIn("site-b", 2)],
  // The agents of the other sites never run: without a place outside to reach, the one that does would abstain.
  probes: { anchors: [`127.0.0.1:${arbiterPort}`], allow: ["127.0.0.0/8"] },
  store: { site: "site-w" },
  ...extra,
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof bound === "object" ? (bound?.port ?? 0) : 0;
}

const checked = checkConfig(settings());
assert.ok(checked.kind === "ok", JSON.stringify(checked));
const root = generateKeyPair();
const pairs = { "arbiter-w": generateKeyPair(), "agent-site-w": generateKeyPair() };
const keyset: Keyset = {
  installation: "trial",
  version: 1,
  keys: [
    { id: "arbiter-w", role: "arbiter", name: "arbiter-w", site: "site-w", publicKey: pairs["arbiter-w"].publicKey },
    {
      id: "agent-site-w",
      role: "agent",
      name: "agent-site-w",
      site: "site-w",
      publicKey: pairs["agent-site-w"].publicKey,
    },
  ],
};
await writeInto(directory, "root.pub", root.publicPem);
await writeInto(
  directory,
  "keyset.json",
  JSON.stringify(signerFromPem(root.privatePem, "root").sign("keyset", keyset)),
);
const tokenFile = await writeInto(directory, "operator.token", `${token}\n`);
await mkdir(`${directory}/agent`);
const common = {
  config: checked.config,
  clock: systemClock,
  logger: makeLogger({ service: "test", name: "test", level: "silent" }),
  keyring: await readKeyring(directory),
  tokens: { operator: token, node: "node-of-the-test" },
};
const signer = (name: keyof typeof pairs) => signerFromPem(pairs[name].privatePem, name);
const { store, lease } = makeMemoryDatabase(systemClock).open();
const arbiter = await startArbiter({ ...common, name: "arbiter-w", store, lease, signer: signer("arbiter-w") });
const agent = await startAgent({
  ...common,
  name: "agent-site-w",
  stateDir: `${directory}/agent`,
  signer: signer("agent-site-w"),
});
after(async () => {
  await agent.close();
  await arbiter.close();
  await rm(directory, { recursive: true });
});
const deadline = Date.now() + 20_000;
while (!arbiter.isLeading() && Date.now() < deadline) await setTimeout(20);
assert.ok(arbiter.isLeading(), "the arbiter leads within 20 s");

const apply = async (extra: object, ...args: readonly string[]) => {
  const file = await writeInto(directory, "next.yaml", stringify(settings(extra)));
  return sluice("apply", file, "--reason", "a test", "--arbiters", url, "--token-file", tokenFile, ...args);
};
const current = async () =>
  (await request({ url: `${url}/v1/config/current`, token, timeoutMs: 5_000, bytesMax: 8 * 1024 * 1024 })).body as {
    revision: number;
    config: { zone: { ttlSeconds: number; records: unknown[] } };
  };

test("apply stores the file as the next revision, and says so; a rehearsal changes nothing", async () => {
  const rehearsed = await apply({}, "--dry-run");
  assert.deepEqual([rehearsed.code, rehearsed.stderr], [0, ""]);
  assert.match(rehearsed.stdout, /^would become revision 1:\n {2}config revision 1 applied by /);
  assert.equal((await current()).revision, 0);
  const applied = await apply({});
  assert.equal(applied.code, 0, applied.stderr);
  assert.match(applied.stdout, /^revision 1 is in force:\n {2}config revision 1 applied by /);
  assert.match(applied.stdout, /^warning: electorate: with 1 failure domain/m);
  assert.equal((await current()).revision, 1);
});

test("apply of what is in force changes nothing and exits 0", async () => {
  const again = await apply({}, "--json");
  assert.equal(again.code, 0);
  const { revision, isChanged } = JSON.parse(again.stdout) as { revision: number; isChanged: boolean };
  assert.deepEqual([revision, isChanged], [1, false]);
});

test("apply refuses a jump of the electorate, and a change made on another revision, with exit 4", async () => {
  const jump = await apply({ electorate: ["site-w", "site-a", "site-b"] });
  assert.equal(jump.code, 4);
  assert.match(jump.stderr, /^ELECTORATE_JUMP: the electorate changes by \+site-a \+site-b/);
  const stale = await apply({ guards: { movesPerHourMax: 3 } }, "--revision", "0");
  assert.equal(stale.code, 4);
  assert.match(stale.stderr, /^CONFIG_STALE: revision 1 is in force, not 0\nFetch the present configuration/);
  assert.equal((await current()).revision, 1);
});

test("apply refuses a bad file before it asks anybody, with exit 2", async () => {
  const bad = await apply({ electorate: ["site-x"] });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^CONFIG_INVALID: .*next\.yaml has a problem\n {2}electorate\[0\]: there is no site site-x/);
  assert.equal((await apply({}, "--revision", "first")).code, 2);
});

test("the leader checks what it is sent as a file is checked, and answers every problem with its path", async () => {
  const config = settings({ electorate: ["site-x"], zone: { name: "Example.test" } });
  const body = { config, revisionBefore: 1, reason: "a test" };
  const answer = await request({ url: `${url}/v1/config`, method: "PUT", token, body, timeoutMs: 5_000 });
  assert.equal(answer.status, 400);
  const { code, problems } = answer.body as { code: string; problems: { path: string }[] };
  assert.equal(code, "CONFIG_INVALID");
  assert.deepEqual(
    problems.map(({ path }) => path),
    ["zone.name", "electorate[0]"],
  );
});

test("a configuration near the size that a file may have is taken", async () => {
  const records = Array.from({ length: 240 }, (_, index) => ({
    name: `n${index}.example.test`,
    type: "TXT",
    data: ["x".repeat(4_000)],
  }));
  const large = await apply({ zone: { name: "example.test", records } }, "--json");
  assert.equal(large.code, 0, large.stderr);
  assert.equal((JSON.parse(large.stdout) as { revision: number }).revision, 2);
  assert.equal((await current()).config.zone.records.length, 240);
});

test("status and events tell of it, as the arbiter that did it has it", async () => {
  const ask = (...args: readonly string[]) => sluice(...args, "--arbiters", url, "--token-file", tokenFile);
  const status = await ask("status");
  assert.deepEqual([status.code, status.stderr], [0, ""]);
  assert.match(
    status.stdout,
    /^leader {4}arbiter-w, epoch 1, fence trial:1\.\d+, config revision 2\nvantages {2}[01] of 3 fresh/,
  );
  const applied = await ask("events", "--json", "--limit", "1000");
  const kinds = applied.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { event: { kind: string } }).event.kind);
  assert.equal(kinds.filter((kind) => kind === "config-applied").length, 2);
  const unknown = await ask("explain", "nothing");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^NOT_FOUND: no service is called nothing, nor has that host\nKnown: none\.\n$/);
});
