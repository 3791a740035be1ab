import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { hold, labAt, makePlace, remove } from "./test-lab.ts";

// Starts that must not happen: each says why and what to do, ends with its code, and leaves nothing behind.

const place = await makePlace();
after(() => remove(place));

test("a taken port is told with address, port and role, and nothing is started", async () => {
  await using lab = labAt(place, "taken");
  const nameserver = lab.parts.find((part) => part.role === "nameserver");
  const bind = nameserver?.binds.find(({ protocol }) => protocol === "udp");
  assert.ok(nameserver && bind);
  const held = await hold(bind);
  const refused = await lab.up().ended;
  await held.release();
  assert.equal(refused.code, 1);
  const [first, problem, ...hint] = refused.stderr.split("\n");
  assert.equal(first, `PORT_TAKEN: ${bind.host}:${bind.port} is in use by another process`);
  assert.equal(
    problem,
    `  udp ${bind.host}:${bind.port}: the nameserver ${nameserver.name} cannot listen there: EADDRINUSE`,
  );
  assert.match(hint.join("\n"), /end it; or begin a lab elsewhere/);
  assert.equal(await lab.record(), undefined);
  assert.ok(!(await readdir(lab.root)).includes("postgres"));
});

test("a directory that can't be written is told, with what to do", async () => {
  await writeFile(join(place.directory, "a-file"), "");
  await using lab = labAt(place, "a-file/lab");
  const refused = await lab.up().ended;
  assert.equal(refused.code, 1);
  assert.equal(
    refused.stderr,
    `DIRECTORY_READONLY: cannot write to ${lab.root}\nGive --dir a directory that you may write to, or change the rights of this one.\n`,
  );
});

test("every problem of a configuration is told at once; nothing starts, and a corrected file is read afresh", async () => {
  await using lab = labAt(place, "invalid");
  const good = await readFile(place.file, "utf8");
  const bad = good.replace("ttlSeconds: 5", "ttlSeconds: -5").replace("port: 5300", "port: 530000");
  const file = join(place.directory, "bad.yaml");
  await writeFile(file, bad);
  const refused = await lab.start(["lab", "up", "--config", file]).ended;
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^CONFIG_INVALID: .*bad\.yaml has 2 problems\n/);
  assert.match(refused.stderr, /ttlSeconds/);
  assert.match(refused.stderr, /nameservers/);
  assert.deepEqual((await readdir(lab.root)).toSorted(), ["cache", "keys", "lab.lock", "logs"], "no copy is kept");
  assert.equal(await lab.record(), undefined);
});

test("without a lab, what needs one ends with 3", async () => {
  await using lab = labAt(place, "none");
  const ways = [
    ["lab", "down"],
    ["lab", "kill", "site-a"],
    ["lab", "pause", "site-a"],
    ["lab", "heal", "site-a"],
    ["lab", "fault", "site-a", "--hang"],
    ["drill", "run", "site-outage", "--service", "chat"],
  ];
  const ended = await Promise.all(
    ways.map(async (words) => ({ words: words.join(" "), ...(await lab.sluice(...words)) })),
  );
  for (const { words, code, stderr } of ended) {
    assert.equal(code, 3, words);
    assert.match(stderr, /^LAB_DOWN: no lab is running in .*none\nStart one with `pnpm start`/);
  }
});
