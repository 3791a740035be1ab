import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { makeTemporaryDirectory, sluice, writeInto } from "../test-sluice.ts";

const lab = await readFile(new URL("../../../contract/examples/lab.yaml", import.meta.url), "utf8");
const directory = await makeTemporaryDirectory();
after(() => rm(directory, { recursive: true }));
const file = (name: string, text: string): Promise<string> => writeInto(directory, name, text);

type Checked = { isValid: boolean; problems: { path: string }[]; warnings: { path: string }[] };

test("config check says that a good file can be started with, and what to know about it", async () => {
  const good = await file("good.yaml", lab);
  const { code, stdout, stderr } = await sluice("config", "check", good);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout.startsWith(`${good} can be started with: no problems, 2 warnings\n`), stdout);
  assert.match(stdout, / {2}warning {2}services\[0\]\.rtoSeconds: browsers may stay 60 s longer/);
});

test("config check without a file looks at the lab's", async () => {
  await mkdir(`${directory}/lab`);
  await file("lab/sluice.yaml", lab);
  const { code, stdout } = await sluice("config", "check", "--json", "--dir", `${directory}/lab`);
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as Checked).isValid, true);
});

test("config check prints all problems in one go, each with its path and a hint, and exits 2", async () => {
  const bad = await file(
    "bad.yaml",
    lab
      .replace("sites: [site-a, site-b]", "sites: [site-a, site-x]")
      .replace("addresses: [127.0.1.1]", "addresses: [127.0.1]"),
  );
  const { code, stdout, stderr } = await sluice("config", "check", bad);
  assert.deepEqual([code, stderr], [2, ""]);
  assert.match(stdout, /is refused: 2 problems, 2 warnings/);
  assert.match(
    stdout,
    / {2}problem {2}sites\[0\]\.addresses\[0\]: "127\.0\.1" is no IPv4 or IPv6 address\n {11}Write an/,
  );
  assert.match(stdout, / {2}problem {2}services\[0\]\.policy\.sites\[1\]: there is no site site-x\n {11}Did you mean/);
  const json = JSON.parse((await sluice("--json", "config", "check", bad)).stdout) as Checked;
  assert.deepEqual(
    json.problems.map(({ path }) => path),
    ["sites[0].addresses[0]", "services[0].policy.sites[1]"],
  );
});

test("config check tells wrong YAML by its line and column", async () => {
  const { code, stdout } = await sluice("config", "check", await file("wrong.yaml", "installation: [lab\nzone: }\n"));
  assert.equal(code, 2);
  assert.match(stdout, / {2}problem {2}line 2, column \d+: /);
});

test("config check of a file that is not there, or is no text, exits 2 and says what to look at", async () => {
  const missing = await sluice("config", "check", `${directory}/missing.yaml`);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^CONFIG_UNREADABLE: cannot read .*missing\.yaml: ENOENT.*\nCheck the path/);
  assert.equal((await sluice("config", "check", directory)).code, 2);
});

test("config check looks for the files that are named, unless told not to", async () => {
  const probe = (caFile: string) =>
    lab.replace(
      "probe: { kind: tcp }",
      `probe: { kind: http, tls: { serverName: a.example.org, caFile: "${caFile}" } }`,
    );
  const missing = await file("ca-missing.yaml", probe(`${directory}/no-ca.pem`));
  const refused = await sluice("config", "check", missing);
  assert.equal(refused.code, 2);
  assert.match(refused.stdout, /sites\[0\]\.edge\.probe\.tls\.caFile: .*no-ca\.pem: cannot be read \(ENOENT\)/);
  assert.equal((await sluice("config", "check", "--skip-files", missing)).code, 0);
  const empty = await file("ca-empty.yaml", probe(await file("empty.pem", "no certificate\n")));
  assert.match((await sluice("config", "check", empty)).stdout, /empty\.pem: holds no certificate/);
});

test("config check looks whether a gateway's certificate and key are there and belong together", async () => {
  const [ours, theirs] = [await makeCertificate("ours"), await makeCertificate("theirs")];
  const check = async (tls: string) => {
    const text = lab.replace("tls: {}", `tls: { ${tls} }`);
    const { code, stdout } = await sluice("config", "check", await file("tls.yaml", text));
    return { code, stdout };
  };
  assert.equal((await check(`certFile: "${ours}.crt", keyFile: "${ours}.key"`)).code, 0);
  const missing = await check(`certFile: "${ours}.pem", keyFile: "${ours}.crt"`);
  assert.equal(missing.code, 2);
  assert.match(missing.stdout, /gateways\[0\]\.tls\.certFile: .*ours\.pem: cannot be read \(ENOENT\)/);
  assert.match(missing.stdout, /gateways\[0\]\.tls\.keyFile: .*ours\.crt: holds nothing that can be read as such/);
  const mixed = await check(`certFile: "${ours}.crt", keyFile: "${theirs}.key"`);
  assert.match(mixed.stdout, /gateways\[0\]\.tls\.keyFile: .*theirs\.key is not the key of .*ours\.crt/);
});

/** Writes NAME.crt and NAME.key, and answers their path without the ending. */
async function makeCertificate(name: string): Promise<string> {
  const path = `${directory}/${name}`;
  const files = ["-keyout", `${path}.key`, "-out", `${path}.crt`];
  const how = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
  ];
  await promisify(execFile)("openssl", ["req", "-x509", ...how, ...files]);
  return path;
}

test("config schema prints what stands in docs/sluice.schema.json", async () => {
  const { code, stdout } = await sluice("config", "schema");
  assert.equal(code, 0);
  assert.equal(stdout, await readFile(new URL("../../../../docs/sluice.schema.json", import.meta.url), "utf8"));
});

test("rto shows the budget term by term, and exits 0 when each objective is met", async () => {
  const good = await file("rto.yaml", lab);
  const { code, stdout } = await sluice("rto", good);
  assert.equal(code, 0);
  assert.match(stdout, /^chat: the objective of 30 s is met; promised are 11\.75 s/);
  assert.match(stdout, /^embed: the objective of 30 s is met/m);
  for (const term of [
    "detect +3.75 s",
    "decide +1 s",
    "apply +2 s",
    "resolver +5 s",
    "client +60 s",
    "= in all +71.75 s",
  ])
    assert.match(stdout, new RegExp(`^ {2}${term}`, "m"));
  const one = JSON.parse((await sluice("--json", "rto", good, "--service", "embed")).stdout) as {
    budgets: { service: string; terms: unknown[]; meets: boolean }[];
  };
  assert.deepEqual(
    one.budgets.map(({ service, meets, terms }) => [service, meets, terms.length]),
    [["embed", true, 5]],
  );
});

test("rto exits 6 when an objective can't be met, and still shows why", async () => {
  const tight = await file("tight.yaml", lab.replace("rtoSeconds: 30", "rtoSeconds: 10"));
  const { code, stdout } = await sluice("rto", tight);
  assert.equal(code, 6);
  assert.match(stdout, /^chat: the objective of 10 s CAN'T BE MET; promised are 11\.75 s/);
  assert.equal((await sluice("rto", tight, "--service", "embed")).code, 0);
});

test("rto exits 2 for a file with other problems, and for a service that is not there", async () => {
  const broken = await sluice("rto", await file("broken.yaml", lab.replace("installation: lab", "installation: Lab")));
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /^CONFIG_INVALID: .*broken\.yaml has a problem\n {2}installation: "Lab" is no name/);
  const unknown = await sluice("rto", await file("known.yaml", lab), "--service", "chta");
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [2, "NOT_FOUND: there is no service chta\nThe file has: chat, embed.\n"],
  );
});
