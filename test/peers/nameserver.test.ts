import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { query } from "@sluice/dns";
import { addressAt, host, makeWorld, snapshotOf, until } from "../dns/world.ts";
import { sampleSnapshot } from "../dns/zone.ts";
import { freePort, keepRunning, runToEnd } from "./child.ts";
import { peer } from "./peer.ts";

const dig = peer("dig");
const dnsperf = peer("dnsperf");
const unbound = peer("unbound");
const address = "127.0.0.1";

type Seen = {
  readonly status: string;
  readonly flags: string;
  readonly answers: readonly string[];
  readonly text: string;
};

/** What dig makes of an answer: its status, flags, and the answers as `name ttl IN type data`. */
async function digAt(port: number, args: readonly string[]): Promise<Seen> {
  const server = [`@${address}`, "-p", String(port), "+norec", "+time=5", "+tries=2", "+nocookie"];
  const { stdout, stderr, code } = await runToEnd(dig.path ?? "", [...server, ...args]);
  assert.equal(code, 0, stdout + stderr);
  const section = /;; ANSWER SECTION:\n([^;]*?)\n\n/.exec(stdout)?.[1] ?? "";
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? "none",
    flags: /;; flags: ([a-z ]+);/.exec(stdout)?.[1] ?? "none",
    answers: section.split("\n").flatMap((line) => (line === "" ? [] : [line.replaceAll(/\s+/g, " ")])),
    text: stdout,
  };
}

const table: readonly [args: string, status: string, answers: readonly string[], text?: RegExp][] = [
  ["www.t.example A", "NOERROR", ["^www.t.example. 5 IN A 10.0.0.[12]$"]],
  ["fixed.t.example A", "NOERROR", ["^fixed.t.example. 30 IN A 192.0.2.1$", "^fixed.t.example. 30 IN A 192.0.2.2$"]],
  ["fixed.t.example AAAA", "NOERROR", ["IN AAAA ::ffff:192.0.2.1$", "IN AAAA 2001:db8::1$"]],
  ["t.example SOA", "NOERROR", ["^t.example. 60 IN SOA ns1.t.example. ops.t.example. 41 3600 600 604800 15$"]],
  ["t.example NS", "NOERROR", ["IN NS ns1.t.example.$", "IN NS ns.elsewhere.test.$"]],
  ["note.t.example TXT", "NOERROR", ['TXT "one"$', 'TXT "two"$', 'TXT "y{255}" "y{45}"$']],
  ["alias.t.example CNAME", "NOERROR", ["^alias.t.example. 30 IN CNAME www.t.example.$"]],
  ["alias.t.example A", "NOERROR", ["^alias.t.example. 30 IN CNAME www.t.example.$", "^www.t.example. 5 IN A"]],
  ["_sluice-fence.t.example TXT", "NOERROR", ['^_sluice-fence.t.example. 0 IN TXT "lab:3.41"$']],
  ["no.t.example A", "NXDOMAIN", [], /AUTHORITY SECTION:\nt\.example\.\s+15\s+IN\s+SOA/],
  ["www.t.example MX", "NOERROR", [], /AUTHORITY SECTION:\nt\.example\.\s+15\s+IN\s+SOA/],
  ["www.elsewhere.test A", "REFUSED", []],
  ["version.bind TXT CH", "REFUSED", []],
  ["t.example A +edns=1 +noednsneg", "BADVERS", []],
  ["fixed.t.example A +noedns", "NOERROR", ["A 192.0.2.1$", "A 192.0.2.2$"], /^(?!.*OPT PSEUDOSECTION)/s],
  [
    "fixed.t.example A +ednsopt=65001:abcd",
    "NOERROR",
    ["A 192.0.2.1$", "A 192.0.2.2$"],
    /EDNS: version: 0, flags:; udp: 1232/,
  ],
  ["fixed.t.example A +dnssec", "NOERROR", ["A 192.0.2.1$", "A 192.0.2.2$"], /EDNS: version: 0, flags: do;/],
  ["fixed.t.example A +cookie", "NOERROR", ["A 192.0.2.1$", "A 192.0.2.2$"]],
  ["fixed.t.example A +subnet=192.0.2.0/24", "NOERROR", ["A 192.0.2.1$", "A 192.0.2.2$"]],
  ["medium.t.example TXT +tcp", "NOERROR", ["TXT", "TXT", "TXT", "TXT"]],
  ["medium.t.example TXT +bufsize=512", "NOERROR", ["TXT", "TXT", "TXT", "TXT"], /Truncated, retrying in TCP mode/],
  ["fixed.t.example ANY +notcp", "NOERROR", ["A 192.0.2.1$", "A 192.0.2.2$"]],
];

test("dig reads every kind of answer", { skip: dig.skip }, async (t) => {
  await using world = await makeWorld();
  world.put(sampleSnapshot);
  await using nameserver = await world.start();
  for (const [args, status, answers, text] of table) {
    await t.test(`dig ${args}`, async () => {
      const seen = await digAt(nameserver.port, args.split(" "));
      assert.equal(seen.status, status, seen.text);
      assert.equal(seen.answers.length, answers.length, seen.text);
      for (const [at, answer] of answers.entries()) assert.match(seen.answers[at] ?? "", new RegExp(answer), seen.text);
      assert.equal(seen.flags, status === "NOERROR" || status === "NXDOMAIN" ? "qr aa" : "qr", seen.text);
      assert.doesNotMatch(seen.text, /WARNING|mismatch|malformed/i);
      if (text) assert.match(seen.text, text);
    });
  }
});

test("dig +ignore sees TC and no answers; the whole set comes by TCP", { skip: dig.skip }, async () => {
  await using world = await makeWorld();
  world.put(sampleSnapshot);
  await using nameserver = await world.start();
  const cut = await digAt(nameserver.port, ["big.t.example", "TXT", "+ignore", "+bufsize=65535"]);
  assert.deepEqual([cut.flags, cut.answers], ["qr aa tc", []]);
  assert.equal((await digAt(nameserver.port, ["big.t.example", "TXT", "+tcp"])).answers.length, 100);
});

test("dig AXFR and IXFR are refused", { skip: dig.skip }, async () => {
  await using world = await makeWorld();
  world.put(sampleSnapshot);
  await using nameserver = await world.start();
  for (const type of ["AXFR", "IXFR=1"]) {
    const args = [`@${address}`, "-p", String(nameserver.port), "+time=5", "t.example", type];
    assert.match((await runToEnd(dig.path ?? "", args)).stdout, /Transfer failed/);
  }
});

test("dnsperf loses no query in two seconds", { skip: dnsperf.skip }, async (t) => {
  await using world = await makeWorld();
  world.put(sampleSnapshot);
  await using nameserver = await world.start();
  const lines = ["www.t.example A", "fixed.t.example AAAA", "alias.t.example A", "no.t.example A", "t.example SOA"];
  const file = join(world.stateDir(), "queries");
  await writeFile(file, `${lines.join("\n")}\n`);
  const args = ["-s", address, "-p", String(nameserver.port), "-d", file, "-l", "2", "-q", "50", "-e"];
  const { stdout, stderr } = await runToEnd(dnsperf.path ?? "", args);
  const read = (what: string): number => Number(new RegExp(`${what}:\\s+([\\d.]+)`).exec(stdout)?.[1]);
  t.diagnostic(`${read("Queries completed")} queries, ${read("Queries per second")} a second`);
  assert.ok(read("Queries completed") > 100, stdout + stderr);
  assert.equal(read("Queries lost"), 0, stdout);
  assert.match(stdout, /Response codes:\s+NOERROR \d+ \([78]\d\.\d+%\), NXDOMAIN \d+ \([12]\d\.\d+%\)\n/);
});

test("Unbound resolves the service through its cache, and follows a change after the TTL", {
  skip: unbound.skip,
}, async () => {
  await using world = await makeWorld();
  const ttlSeconds = 1;
  const served = (sequence: number, at: string) => {
    const [service] = snapshotOf(sequence, [at]).services;
    assert.ok(service);
    return snapshotOf(sequence, [at], { services: [{ ...service, ttlSeconds }] });
  };
  world.put(served(1, "127.0.1.1"));
  await using first = await world.start({ state: "first" });
  await using second = await world.start({ state: "second" });
  await using resolver = await startUnbound([first.port, second.port]);
  const ask = { server: { address, port: resolver.port }, name: host, type: "A", timeoutMs: 5_000 } as const;
  const resolve = async (): Promise<string> =>
    (await query({ ...ask, recursion: true })).answers.map((record) => record.data).join();
  await until("Unbound resolves", async () => (await resolve().catch(() => "")) === "127.0.1.1");
  const cached = await query({ ...ask, recursion: true });
  assert.deepEqual([cached.rcode, cached.aa], [0, false]);
  assert.ok((cached.answers[0]?.ttl ?? 99) <= ttlSeconds);
  world.put(served(2, "127.0.2.1"));
  for (const nameserver of [first, second])
    await until("the nameservers have moved", async () => (await addressAt(nameserver)) === "127.0.2.1");
  await until("Unbound has moved", async () => (await resolve()) === "127.0.2.1");
  assert.equal((await query({ ...ask, name: `nobody.${host}`, recursion: true })).rcode, 3);
});

/** A resolver with a cache, that asks our nameservers for the zone, in mixed case (0x20), and nobody for anything else. */
async function startUnbound(ports: readonly number[]) {
  const directory = await mkdtemp(join(tmpdir(), "sluice-unbound-"));
  const port = await freePort(address);
  const config = `server:
  interface: ${address}@${port}
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  module-config: "iterator"
  use-caps-for-id: yes
  do-not-query-localhost: no
  num-threads: 1
stub-zone:
  name: "llm.example"
${ports.map((each) => `  stub-addr: ${address}@${each}`).join("\n")}
remote-control:
  control-enable: no
`;
  await writeFile(join(directory, "unbound.conf"), config);
  const running = keepRunning(unbound.path ?? "", ["-d", "-c", join(directory, "unbound.conf")]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
